#include "detect/python/python_policy.h"

#include <algorithm>
#include <array>

namespace saiph::detect {

namespace {

using Risk = PythonRisk;

struct Row {
  std::string_view path;  ///< exact, or a prefix when it ends with '*'
  Risk risk;
};

// Sorted by path (checked when compiled). These are the interpreter's and its usual libraries' own
// doors to the outside; what leads to them under another name is resolved before the look-up.
constexpr auto kRows = std::to_array<Row>({
    {"__import__", Risk::kDynamicImport},
    {"_frozen_importlib._call_with_frames_removed", Risk::kDynamicCode},
    {"_io.open", Risk::kOpen},
    {"_io.open_code", Risk::kOpen},
    {"_pickle.load", Risk::kDeserialise},
    {"_pickle.loads", Risk::kDeserialise},
    {"_posixsubprocess.fork_exec", Risk::kProcess},
    {"aiohttp.*", Risk::kNetwork},
    {"asyncio.create_subprocess_exec", Risk::kProcess},
    {"asyncio.create_subprocess_shell", Risk::kProcess},
    {"asyncio.open_connection", Risk::kNetwork},
    {"asyncio.subprocess.*", Risk::kProcess},
    {"bdb.Bdb().run", Risk::kDynamicCode},
    {"cPickle.load", Risk::kDeserialise},
    {"cPickle.loads", Risk::kDeserialise},
    {"cProfile.run", Risk::kDynamicCode},
    {"cProfile.runctx", Risk::kDynamicCode},
    {"cffi.FFI().dlopen", Risk::kNative},
    {"cloudpickle.load", Risk::kDeserialise},
    {"cloudpickle.loads", Risk::kDeserialise},
    {"code.InteractiveConsole().push", Risk::kDynamicCode},
    {"code.InteractiveInterpreter().runcode", Risk::kDynamicCode},
    {"code.InteractiveInterpreter().runsource", Risk::kDynamicCode},
    {"codecs.open", Risk::kOpen},
    {"commands.getoutput", Risk::kProcess},
    {"commands.getstatusoutput", Risk::kProcess},
    {"compile", Risk::kDynamicCode},
    {"ctypes.CDLL", Risk::kNative},
    {"ctypes.PyDLL", Risk::kNative},
    {"ctypes.WinDLL", Risk::kNative},
    {"ctypes.cdll.*", Risk::kNative},
    {"ctypes.windll.*", Risk::kNative},
    {"dill.load", Risk::kDeserialise},
    {"dill.loads", Risk::kDeserialise},
    {"distutils.spawn.spawn", Risk::kProcess},
    {"doctest.debug_script", Risk::kDynamicCode},
    {"eval", Risk::kDynamicCode},
    {"exec", Risk::kDynamicCode},
    {"execfile", Risk::kDynamicCode},
    {"ftplib.FTP", Risk::kNetwork},
    {"ftplib.FTP_TLS", Risk::kNetwork},
    {"get_ipython().getoutput", Risk::kProcess},
    {"get_ipython().run_cell_magic", Risk::kProcess},
    {"get_ipython().run_line_magic", Risk::kProcess},
    {"get_ipython().system", Risk::kProcess},
    {"http.client.HTTPConnection", Risk::kNetwork},
    {"http.client.HTTPSConnection", Risk::kNetwork},
    {"httplib.HTTPConnection", Risk::kNetwork},
    {"httplib.HTTPSConnection", Risk::kNetwork},
    {"httpx.*", Risk::kNetwork},
    {"imp.load_source", Risk::kDynamicCode},
    {"importlib.__import__", Risk::kDynamicImport},
    {"importlib.import_module", Risk::kDynamicImport},
    {"importlib.machinery.SourceFileLoader", Risk::kDynamicImport},
    {"importlib.util.spec_from_file_location", Risk::kDynamicImport},
    {"io.open", Risk::kOpen},
    {"io.open_code", Risk::kOpen},
    {"joblib.load", Risk::kDeserialise},
    {"jsonpickle.decode", Risk::kDeserialise},
    {"marshal.load", Risk::kDeserialise},
    {"marshal.loads", Risk::kDeserialise},
    {"nt.system", Risk::kProcess},
    {"numpy.load", Risk::kDeserialise},
    {"open", Risk::kOpen},
    {"os.dup2", Risk::kDuplicate},
    {"os.execl", Risk::kProcess},
    {"os.execle", Risk::kProcess},
    {"os.execlp", Risk::kProcess},
    {"os.execlpe", Risk::kProcess},
    {"os.execv", Risk::kProcess},
    {"os.execve", Risk::kProcess},
    {"os.execvp", Risk::kProcess},
    {"os.execvpe", Risk::kProcess},
    {"os.popen", Risk::kProcess},
    {"os.popen2", Risk::kProcess},
    {"os.popen3", Risk::kProcess},
    {"os.popen4", Risk::kProcess},
    {"os.posix_spawn", Risk::kProcess},
    {"os.posix_spawnp", Risk::kProcess},
    {"os.remove", Risk::kDelete},
    {"os.removedirs", Risk::kDelete},
    {"os.spawnl", Risk::kProcess},
    {"os.spawnle", Risk::kProcess},
    {"os.spawnlp", Risk::kProcess},
    {"os.spawnlpe", Risk::kProcess},
    {"os.spawnv", Risk::kProcess},
    {"os.spawnve", Risk::kProcess},
    {"os.spawnvp", Risk::kProcess},
    {"os.spawnvpe", Risk::kProcess},
    {"os.startfile", Risk::kProcess},
    {"os.system", Risk::kProcess},
    {"os.unlink", Risk::kDelete},
    {"pandas.read_pickle", Risk::kDeserialise},
    {"paramiko.SSHClient", Risk::kNetwork},
    {"pd.read_pickle", Risk::kDeserialise},
    {"pexpect.run", Risk::kProcess},
    {"pexpect.spawn", Risk::kProcess},
    {"pickle.Unpickler().load", Risk::kDeserialise},
    {"pickle.load", Risk::kDeserialise},
    {"pickle.loads", Risk::kDeserialise},
    {"pip._internal.cli.main.main", Risk::kProcess},
    {"pip._internal.main", Risk::kProcess},
    {"pip.main", Risk::kProcess},
    {"pkgutil.resolve_name", Risk::kReflection},
    {"platform.popen", Risk::kProcess},
    {"popen2.popen2", Risk::kProcess},
    {"posix.popen", Risk::kProcess},
    {"posix.system", Risk::kProcess},
    {"profile.run", Risk::kDynamicCode},
    {"profile.runctx", Risk::kDynamicCode},
    {"pty.spawn", Risk::kProcess},
    {"pydoc.locate", Risk::kReflection},
    {"requests.Session().*", Risk::kNetwork},
    {"requests.delete", Risk::kNetwork},
    {"requests.get", Risk::kNetwork},
    {"requests.head", Risk::kNetwork},
    {"requests.patch", Risk::kNetwork},
    {"requests.post", Risk::kNetwork},
    {"requests.put", Risk::kNetwork},
    {"requests.request", Risk::kNetwork},
    {"runpy.run_module", Risk::kDynamicCode},
    {"runpy.run_path", Risk::kDynamicCode},
    {"shelve.open", Risk::kDeserialise},
    {"shutil.move", Risk::kDelete},
    {"shutil.rmtree", Risk::kDelete},
    {"smtplib.SMTP", Risk::kNetwork},
    {"smtplib.SMTP_SSL", Risk::kNetwork},
    {"socket.create_connection", Risk::kNetwork},
    {"socket.create_server", Risk::kNetwork},
    {"socket.gethostbyname", Risk::kNetwork},
    {"socket.socket().bind", Risk::kNetwork},
    {"socket.socket().connect", Risk::kNetwork},
    {"socket.socket().sendto", Risk::kNetwork},
    {"subprocess.Popen", Risk::kProcess},
    {"subprocess.call", Risk::kProcess},
    {"subprocess.check_call", Risk::kProcess},
    {"subprocess.check_output", Risk::kProcess},
    {"subprocess.getoutput", Risk::kProcess},
    {"subprocess.getstatusoutput", Risk::kProcess},
    {"subprocess.run", Risk::kProcess},
    {"telnetlib.Telnet", Risk::kNetwork},
    {"timeit.repeat", Risk::kDynamicCode},
    {"timeit.timeit", Risk::kDynamicCode},
    {"torch.classes.load_library", Risk::kNative},
    {"torch.hub.load", Risk::kDynamicImport},
    {"torch.load", Risk::kDeserialise},
    {"torch.ops.load_library", Risk::kNative},
    {"torch.utils.cpp_extension.load", Risk::kNative},
    {"torch.utils.cpp_extension.load_inline", Risk::kNative},
    {"trace.Trace().run", Risk::kDynamicCode},
    {"trace.Trace().runctx", Risk::kDynamicCode},
    {"types.CodeType", Risk::kDynamicCode},
    {"types.FunctionType", Risk::kDynamicCode},
    {"urllib.request.Request", Risk::kNetwork},
    {"urllib.request.urlopen", Risk::kNetwork},
    {"urllib.request.urlretrieve", Risk::kNetwork},
    {"urllib.urlopen", Risk::kNetwork},
    {"urllib.urlretrieve", Risk::kNetwork},
    {"urllib2.urlopen", Risk::kNetwork},
    {"urllib3.PoolManager", Risk::kNetwork},
    {"webbrowser.open", Risk::kProcess},
    {"websocket.*", Risk::kNetwork},
    {"websockets.connect", Risk::kNetwork},
    {"wget.download", Risk::kNetwork},
    {"xmlrpc.client.ServerProxy", Risk::kNetwork},
    {"yaml.full_load", Risk::kDeserialise},
    {"yaml.load", Risk::kDeserialise},
    {"yaml.load_all", Risk::kDeserialise},
    {"yaml.unsafe_load", Risk::kDeserialise},
    {"yaml.unsafe_load_all", Risk::kDeserialise},
});
static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                             [](const Row& a, const Row& b) { return a.path < b.path; }));

Risk exact(std::string_view path) {
  const auto it =
      std::lower_bound(kRows.begin(), kRows.end(), path,
                       [](const Row& row, std::string_view key) { return row.path < key; });
  if (it != kRows.end() && it->path == path) return it->risk;
  // "httpx.*" stands for every name directly or deeper under it.
  for (std::size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = path.rfind('.', dot - 1)) {
    const std::string_view head = path.substr(0, dot + 1);
    const auto row =
        std::lower_bound(kRows.begin(), kRows.end(), head,
                         [](const Row& r, std::string_view key) { return r.path < key; });
    if (row != kRows.end() && row->path.size() == head.size() + 1 && row->path.starts_with(head) &&
        row->path.back() == '*') {
      return row->risk;
    }
  }
  return Risk::kNone;
}

struct OriginRow {
  std::string_view path;
  formats::PythonOrigin origin;
};
constexpr auto kOrigins = std::to_array<OriginRow>({
    {"os.environ", formats::kOriginEnvironment},
    {"os.environb", formats::kOriginEnvironment},
    {"os.getenv()", formats::kOriginEnvironment},
    {"open()", formats::kOriginFile},
    {"io.open()", formats::kOriginFile},
    {"codecs.open()", formats::kOriginFile},
    {"input()", formats::kOriginInput},
    {"raw_input()", formats::kOriginInput},
    {"sys.argv", formats::kOriginInput},
    {"sys.stdin", formats::kOriginInput},
    {"requests.get()", formats::kOriginNetwork},
    {"requests.post()", formats::kOriginNetwork},
    {"requests.request()", formats::kOriginNetwork},
    {"httpx.get()", formats::kOriginNetwork},
    {"httpx.post()", formats::kOriginNetwork},
    {"urllib.request.urlopen()", formats::kOriginNetwork},
    {"urllib.request.urlretrieve()", formats::kOriginNetwork},
    {"urllib.urlopen()", formats::kOriginNetwork},
    {"urllib2.urlopen()", formats::kOriginNetwork},
    {"wget.download()", formats::kOriginNetwork},
    {"socket.socket().recv()", formats::kOriginNetwork},
    {"socket.socket().recvfrom()", formats::kOriginNetwork},
    {"socket.create_connection().recv()", formats::kOriginNetwork},
    {"requests.Session().get()", formats::kOriginNetwork},
    {"http.client.HTTPSConnection().getresponse()", formats::kOriginNetwork},
    {"http.client.HTTPConnection().getresponse()", formats::kOriginNetwork},
});

struct PlaceRow {
  std::string_view part;
  std::string_view meaning;
};
constexpr auto kCredentialPlaces = std::to_array<PlaceRow>({
    {"/.ssh/", "SSH keys"},
    {"id_rsa", "SSH keys"},
    {"id_ed25519", "SSH keys"},
    {".aws/credentials", "cloud credentials"},
    {".config/gcloud", "cloud credentials"},
    {".azure/", "cloud credentials"},
    {".kube/config", "cluster credentials"},
    {".netrc", "stored passwords"},
    {".git-credentials", "stored passwords"},
    {".pypirc", "registry credentials"},
    {".npmrc", "registry credentials"},
    {".docker/config.json", "registry credentials"},
    {"huggingface/token", "hub token"},
    {"/etc/shadow", "password hashes"},
    {"/etc/passwd", "account list"},
    {"wallet.dat", "wallet"},
    {".bash_history", "shell history"},
    {"/Login Data", "browser passwords"},
    {"cookies.sqlite", "browser cookies"},
});
constexpr auto kStartupPlaces = std::to_array<PlaceRow>({
    {".bashrc", "shell start-up file"},
    {".bash_profile", "shell start-up file"},
    {".zshrc", "shell start-up file"},
    {"/.profile", "shell start-up file"},
    {"/etc/profile", "shell start-up file"},
    {"/etc/cron", "cron table"},
    {"/var/spool/cron", "cron table"},
    {"authorized_keys", "SSH logins"},
    {"/etc/systemd/", "systemd unit"},
    {"systemd/user/", "systemd unit"},
    {"/etc/init.d/", "start-up script"},
    {"/etc/rc.local", "start-up script"},
    {"LaunchAgents", "launch agent"},
    {"LaunchDaemons", "launch agent"},
    {"Start Menu/Programs/Startup", "start-up folder"},
    {"sitecustomize.py", "Python start-up module"},
    {"usercustomize.py", "Python start-up module"},
    {"/etc/ld.so.preload", "preloaded libraries"},
    {".config/autostart", "desktop autostart"},
    {"CurrentVersion\\Run", "registry autostart"},
});

template <std::size_t N>
std::string_view place_in(const std::array<PlaceRow, N>& rows, std::string_view file) {
  if (file.size() > 4096) return {};
  for (const PlaceRow& row : rows) {
    if (file.find(row.part) != std::string_view::npos) return row.meaning;
  }
  return {};
}

constexpr auto kCapabilities = std::to_array<std::string_view>({"asyncio.subprocess",
                                                                "cPickle",
                                                                "cffi",
                                                                "cloudpickle",
                                                                "code",
                                                                "commands",
                                                                "ctypes",
                                                                "dill",
                                                                "ftplib",
                                                                "httpx",
                                                                "importlib",
                                                                "marshal",
                                                                "multiprocessing",
                                                                "nt",
                                                                "os",
                                                                "paramiko",
                                                                "pickle",
                                                                "posix",
                                                                "pty",
                                                                "requests",
                                                                "runpy",
                                                                "shutil",
                                                                "smtplib",
                                                                "socket",
                                                                "subprocess",
                                                                "telnetlib",
                                                                "urllib",
                                                                "urllib.request",
                                                                "urllib2",
                                                                "webbrowser"});

}  // namespace

PythonRisk python_risk(std::string_view path) {
  if (path.size() > 256) return Risk::kNone;
  if (path.starts_with("builtins.")) path.remove_prefix(9);
  if (path.starts_with("np.")) return path == "np.load" ? Risk::kDeserialise : Risk::kNone;
  if (const Risk risk = exact(path); risk != Risk::kNone) return risk;
  // Modules carry the modules that they import: "site.os.system", "random._os.system".
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos;
       dot = path.find('.', dot + 1)) {
    std::string_view rest = path.substr(dot + 1);
    if (rest.starts_with('_')) rest.remove_prefix(1);
    if (rest.find('.') == std::string_view::npos) break;
    if (!rest.starts_with("os.") && !rest.starts_with("subprocess.") &&
        !rest.starts_with("posix.") && !rest.starts_with("sys.") && !rest.starts_with("pty.") &&
        !rest.starts_with("builtins.")) {
      continue;
    }
    if (rest.starts_with("builtins.")) rest.remove_prefix(9);
    if (const Risk risk = exact(rest); risk != Risk::kNone) return risk;
  }
  return Risk::kNone;
}

formats::PythonOrigins python_path_origins(std::string_view path) {
  formats::PythonOrigins origins = 0;
  for (const OriginRow& row : kOrigins) {
    if (row.path == path) origins |= row.origin;
  }
  return origins;
}

std::string_view credential_place(std::string_view file) {
  return place_in(kCredentialPlaces, file);
}
std::string_view startup_place(std::string_view file) {
  if (file.size() > 4 && file.size() < 4096 && file.ends_with(".pth") &&
      file.find("-packages") != std::string_view::npos) {
    return "Python path file";
  }
  return place_in(kStartupPlaces, file);
}

bool is_capability_module(std::string_view module) {
  return std::binary_search(kCapabilities.begin(), kCapabilities.end(), module);
}

}  // namespace saiph::detect
