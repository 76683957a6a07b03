#include "sandbox/confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/file.h"

namespace saiph::sandbox {

namespace {

// What code in our process could do with the world: none of it is part of a scan. A list of what is
// refused, not of what is allowed, because the C library's needs differ by version; the calls that
// give power are few and stable.
constexpr auto kForbidden = std::to_array<int>({
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(ptrace),
    // Signals to others: a server of the same user waits for us. Our own abort() is tgkill to
    // ourselves, see below.
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(lchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(personality),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
});

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};

Result<bool> confine_system_calls() {
  const std::unique_ptr<void, ReleaseFilter> filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return Error(ErrorCode::kInternal, "cannot make a system call filter");
  for (const int call : kForbidden) {
    // A call that this architecture does not have cannot be made either.
    const int status = seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0);
    if (status != 0 && status != -EDOM)
      return Error(ErrorCode::kInternal, "cannot add a rule to the system call filter");
  }
  if (seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
                       SCMP_A0(SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid()))) != 0)
    return Error(ErrorCode::kInternal, "cannot add a rule to the system call filter");
  // A binary tree instead of a list: about 8 comparisons for each call of a scan.
  if (seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
    return Error(ErrorCode::kInternal, "cannot optimise the filter");
  const int status = seccomp_load(filter.get());
  if (status == -EINVAL || status == -ENOSYS) return false;
  if (status != 0)
    return Error(ErrorCode::kInternal,
                 "cannot load the system call filter: " + system_message(-status));
  return true;
}

constexpr std::uint64_t kWriteRights =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kSpoolRights =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;

constexpr std::uint64_t kReadRights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
/// What a running program may still load of itself.
constexpr std::array<const char*, 3> kLibraries = {"/usr/lib", "/lib", "/lib64"};

Status allow_below(int rules, const char* folder, std::uint64_t rights) {
  const FileHandle handle(::open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY));
  if (handle.get() < 0) return {};  // a folder that does not exist needs no right
  const landlock_path_beneath_attr below{.allowed_access = rights, .parent_fd = handle.get()};
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0) {
    return Error(ErrorCode::kInternal, "cannot add a file system rule: " + system_message(errno));
  }
  return {};
}

Result<bool> confine_file_system(const ConfineOptions& options) {
  const bool reading = options.read_nothing_else;
  const landlock_ruleset_attr handled{.handled_access_fs =
                                          kWriteRights | (reading ? kReadRights : 0)};
  const FileHandle rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (rules.get() < 0) return false;  // not built into this kernel, or switched off
  for (const std::string& folder : options.writable_folders) {
    SAIPH_CHECK(
        allow_below(rules.get(), folder.c_str(),
                    kSpoolRights | (reading ? std::uint64_t{LANDLOCK_ACCESS_FS_READ_FILE} : 0)));
  }
  for (const char* folder : kLibraries) {
    if (reading) SAIPH_CHECK(allow_below(rules.get(), folder, kReadRights));
  }
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) {
    return Error(ErrorCode::kInternal, "cannot confine the file system: " + system_message(errno));
  }
  return true;
}

}  // namespace

Result<Confinement> confine(const ConfineOptions& options) {
  Confinement result;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return result;
  SAIPH_TRY(result.file_system, confine_file_system(options));
  SAIPH_TRY(result.system_calls, confine_system_calls());
  return result;
}

}  // namespace saiph::sandbox
