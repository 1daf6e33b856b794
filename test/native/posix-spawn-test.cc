// The manners of a child are the same, whether it is started without copying this process or by uv_spawn.
#include "posix-spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "children.h"

using namespace aioloop;

namespace {

// A folder with programs, gone at the end.
struct Folder {
  std::string path;

  Folder() {
    char name[] = "/tmp/aioloop-spawn-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { CHECK(std::system(("rm -r " + path).c_str()) == 0); }

  std::string write(const std::string& name, const std::string& text, mode_t mode) const {
    std::string file = path + "/" + name;
    int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    CHECK(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(fd);
    return file;
  }
};

// A loop whose children are started in one way or in the other; each test runs with both.
struct Lab {
  FakeEntry entry{nullptr};
  bool by_libuv = false;
  size_t started = 0;

  Lab() {
    SUBCASE("as it is") {}
    // With the user that it has anyway.
    SUBCASE("by uv_spawn") { by_libuv = true; }
    entry.core.start();
  }

  Failure start(SpawnRequest request, SpawnedChild* child) {
    if (by_libuv) {
      request.flags |= UV_PROCESS_SETUID;
      request.uid = getuid();
    }
    LoopCore& core = entry.core;
    Failure failure = core.children().spawn(core.loop(), core.group(), &core.io(), request, child);
    if (!failure.failed()) started++;
    return failure;
  }

  // All that it writes to a pipe of ours, after its end.
  std::string output(const SpawnRequest& request, size_t pipe = 1) {
    SpawnedChild child;
    CHECK(start(request, &child).code == 0);
    std::string text = read_all(child.pipes[pipe]);
    pump_until(&entry, started);
    return text;
  }

  Completion end(const SpawnRequest& request) {
    SpawnedChild child;
    CHECK(start(request, &child).code == 0);
    pump_until(&entry, started);
    CHECK(entry.delivered.size() == started);
    return entry.delivered.back();
  }
};

const StdioChoice kOutput[] = {{StdioKind::kIgnore, -1}, {StdioKind::kWrites, -1}, {StdioKind::kSame, 1}};

// A number that stands for nothing, also when a child is started.
constexpr int kNobody = 1000;

struct SignalGuard {
  int signum;
  struct sigaction before;
  SignalGuard(int number, void (*handler)(int)) : signum(number) {
    struct sigaction action = {};
    action.sa_handler = handler;
    sigaction(signum, &action, &before);
  }
  ~SignalGuard() { sigaction(signum, &before, nullptr); }
};

// What both ways to do without libuv need; emulators share no memory with a child.
bool starts_without_copies() {
  int fd = static_cast<int>(syscall(434, getpid(), 0));
  if (fd < 0) return false;
  ::close(fd);
  volatile bool shared = false;
  pid_t pid = vfork();
  if (pid == 0) {
    shared = true;
    _exit(0);
  }
  waitpid(pid, nullptr, 0);
  return shared;
}

}  // namespace

TEST_CASE("a child is watched without any signal where the system can do so") {
  FakeEntry entry(nullptr);
  entry.core.start();
  SpawnedChild child = spawn(&entry, Shell("read line"));
  struct sigaction action;
  CHECK(sigaction(SIGCHLD, nullptr, &action) == 0);
  CHECK((action.sa_handler == SIG_DFL) == starts_without_copies());
  pump_until(&entry, 1);
  CHECK(exits_of(entry).size() == 1);
}

TEST_CASE("the signals of a child are as by default, and none is blocked") {
  SignalGuard ignored(SIGUSR1, SIG_IGN);
  SignalGuard handled(SIGUSR2, [](int) {});
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  Lab lab;
  std::string seen = lab.output(Shell("exec cat /proc/self/status", kOutput).request);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  for (const char* name : {"SigBlk:", "SigIgn:"}) {
    size_t at = seen.find(name);
    REQUIRE(at != std::string::npos);
    // Those above 31 are the C library's own.
    CHECK((std::stoull(seen.substr(at + 7), nullptr, 16) & 0x7fffffff) == 0);
  }
}

TEST_CASE("descriptors change places in a child, and are kept where they are") {
  Lab lab;
  int files[4];
  Folder folder;
  for (int i = 0; i < 4; i++) {
    std::string file = folder.write("file" + std::to_string(i), std::to_string(i) + "\n", 0600);
    files[i] = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  // Numbers below 8, so that one may stand in the place of another.
  int low[4];
  for (int i = 0; i < 4; i++) low[i] = fcntl(files[i], F_DUPFD_CLOEXEC, 3);
  int highest = low[3];
  std::vector<StdioChoice> stdio(static_cast<size_t>(highest) + 1, {StdioKind::kIgnore, -1});
  stdio[1] = {StdioKind::kWrites, -1};
  stdio[2] = {StdioKind::kSame, 1};
  // 0 and 1 swapped, 2 stays, 3 twice.
  stdio[static_cast<size_t>(low[0])] = {StdioKind::kInherit, low[1]};
  stdio[static_cast<size_t>(low[1])] = {StdioKind::kInherit, low[0]};
  stdio[static_cast<size_t>(low[2])] = {StdioKind::kInherit, low[2]};
  stdio[static_cast<size_t>(low[3])] = {StdioKind::kInherit, low[3]};
  stdio[0] = {StdioKind::kInherit, low[3]};
  std::string command = "for fd in 0";
  for (int fd : low) command += " " + std::to_string(fd);
  command += "; do readlink /proc/self/fd/$fd; done";
  Shell shell(command, stdio.data(), stdio.size());
  std::string seen = lab.output(shell.request);
  std::string expected;
  for (int i : {3, 1, 0, 2, 3}) expected += folder.path + "/file" + std::to_string(i) + "\n";
  CHECK(seen == expected);
  for (int fd : files) ::close(fd);
  for (int fd : low) ::close(fd);
}

TEST_CASE("outputs are swapped, and standard streams block in the child") {
  Lab lab;
  int pipes[2][2];
  for (auto& pipe : pipes) CHECK(pipe2(pipe, O_CLOEXEC | O_NONBLOCK) == 0);
  int saved[] = {fcntl(1, F_DUPFD_CLOEXEC, 10), fcntl(2, F_DUPFD_CLOEXEC, 10)};
  dup2(pipes[0][1], 1);
  dup2(pipes[1][1], 2);
  StdioChoice stdio[] = {{StdioKind::kIgnore, -1}, {StdioKind::kInherit, 2}, {StdioKind::kInherit, 1}};
  SpawnedChild child;
  Failure failure = lab.start(Shell("echo out; echo error >&2; cat < /dev/null", stdio).request, &child);
  dup2(saved[0], 1);
  dup2(saved[1], 2);
  for (int fd : saved) ::close(fd);
  CHECK(failure.code == 0);
  for (auto& pipe : pipes) {
    CHECK((fcntl(pipe[1], F_GETFL) & O_NONBLOCK) == 0);
    ::close(pipe[1]);
  }
  CHECK(read_all(pipes[0][0]) == "error\n");
  CHECK(read_all(pipes[1][0]) == "out\n");
  pump_until(&lab.entry, 1);
}

TEST_CASE("what is above the standard streams does not change, and a descriptor of nobody is refused") {
  Lab lab;
  int before = open_descriptors();
  int pipe[2];
  CHECK(pipe2(pipe, O_CLOEXEC | O_NONBLOCK) == 0);
  StdioChoice stdio[] = {
      {StdioKind::kIgnore, -1}, {StdioKind::kIgnore, -1}, {StdioKind::kIgnore, -1}, {StdioKind::kInherit, pipe[1]}};
  CHECK(lab.end(Shell("echo there >&3", stdio, 4).request).a == 0);
  CHECK((fcntl(pipe[1], F_GETFL) & O_NONBLOCK) != 0);
  ::close(pipe[1]);
  CHECK(read_all(pipe[0]) == "there\n");
  SpawnedChild child;
  stdio[3].fd = kNobody;
  CHECK(lab.start(Shell("exit 0", stdio, 4).request, &child).code == UV_EBADF);
  stdio[0] = {StdioKind::kInherit, kNobody};
  CHECK(lab.start(Shell("exit 0", stdio, 3).request, &child).code == UV_EBADF);
  CHECK_FALSE(has_children());
  CHECK(open_descriptors() == before);
}

TEST_CASE("standard streams of which nothing is said lead nowhere, also where this process has none") {
  Lab lab;
  int saved = fcntl(0, F_DUPFD_CLOEXEC, 10);
  ::close(0);
  SpawnedChild child;
  StdioChoice output[] = {{StdioKind::kIgnore, -1}, {StdioKind::kWrites, -1}};
  Shell shell("for fd in 0 2; do readlink /proc/self/fd/$fd; done", output, 2);
  Failure failure = lab.start(shell.request, &child);
  // What took its place, if anything did, is the child's pipe.
  if (saved >= 0) {
    for (int& fd : child.pipes) {
      if (fd == 0) fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
    }
    dup2(saved, 0);
    ::close(saved);
  }
  CHECK(failure.code == 0);
  CHECK(read_all(child.pipes[1]) == "/dev/null\n/dev/null\n");
  pump_until(&lab.entry, 1);
}

TEST_CASE("a program is looked for along the path of the child") {
  Lab lab;
  Folder first;
  Folder second;
  first.write("aioloop-program", "#!/bin/sh\nexit 1\n", 0600);
  first.write("aioloop-locked", "#!/bin/sh\nexit 1\n", 0600);
  second.write("aioloop-program", "#!/bin/sh\nexit 42\n", 0700);
  Shell shell("");
  SpawnRequest request = shell.request;
  char* args[] = {const_cast<char*>("program"), nullptr};
  request.args = args;
  request.file = "aioloop-program";
  std::string path = "PATH=/nowhere:" + first.path + ":" + second.path;
  char* env[] = {const_cast<char*>("OTHER=1"), &path[0], nullptr};
  SpawnedChild child;
  CHECK(lab.start(request, &child).code == UV_ENOENT);
  request.env = env;
  CHECK(lab.end(request).a == 42);
  request.file = "aioloop-missing";
  CHECK(lab.start(request, &child).code == UV_ENOENT);
  request.file = "aioloop-locked";
  CHECK(lab.start(request, &child).code == UV_EACCES);
  request.file = "";
  CHECK(lab.start(request, &child).code == UV_ENOENT);

  // Without a folder it is the working one: the child's.
  request.file = "aioloop-program";
  std::string here = "PATH=/nowhere::";
  env[1] = &here[0];
  CHECK(lab.start(request, &child).code == UV_ENOENT);
  request.cwd = second.path.c_str();
  CHECK(lab.end(request).a == 42);
  std::string below = "PATH=" + second.path.substr(5);
  env[1] = &below[0];
  request.cwd = "/tmp";
  CHECK(lab.end(request).a == 42);

  // Without any, it is where the system has its programs.
  env[1] = nullptr;
  request.cwd = nullptr;
  request.file = "sh";
  char* script[] = {const_cast<char*>("sh"), const_cast<char*>("-c"), const_cast<char*>("exit 6"), nullptr};
  request.args = script;
  CHECK(lab.end(request).a == 6);
  CHECK_FALSE(has_children());
}

TEST_CASE("a long path is searched to its end, and a long name is refused") {
  Lab lab;
  Folder folder;
  folder.write("aioloop-program", "#!/bin/sh\nexit 42\n", 0700);
  std::string path = "PATH=";
  for (int i = 0; i < 1000; i++) path += "/nowhere/at/all:";
  path += folder.path;
  char* env[] = {&path[0], nullptr};
  Shell shell("");
  shell.request.env = env;
  shell.request.file = "aioloop-program";
  CHECK(lab.end(shell.request).a == 42);
  std::string name(5000, 'x');
  shell.request.file = name.c_str();
  SpawnedChild child;
  CHECK(lab.start(shell.request, &child).code == UV_ENAMETOOLONG);
}

#ifdef __GLIBC__
// What other C libraries refuse.
TEST_CASE("a script without a first line of its own is run by the shell") {
  Lab lab;
  Folder folder;
  std::string file = folder.write("script", "exit $1\n", 0700);
  char* args[] = {const_cast<char*>("script"), const_cast<char*>("9"), nullptr};
  Shell shell("");
  shell.request.file = file.c_str();
  shell.request.args = args;
  CHECK(lab.end(shell.request).a == 9);
}
#endif

TEST_CASE("folder, environment and session are those that were asked for") {
  Lab lab;
  Folder folder;
  char* env[] = {const_cast<char*>("NAME=value"), nullptr};
  Shell shell("pwd; echo $NAME; test $(cut -d ' ' -f 6 < /proc/$$/stat) = $$ && echo leader", kOutput);
  shell.request.cwd = folder.path.c_str();
  shell.request.env = env;
  std::string path = folder.path + "\n";
  // The shell adds what it looks for programs along.
  CHECK(lab.output(shell.request) == path + "value\n");
  shell.request.flags = UV_PROCESS_DETACHED;
  CHECK(lab.output(shell.request) == path + "value\nleader\n");
  SpawnedChild child;
  shell.request.cwd = "/nowhere/at/all";
  CHECK(lab.start(shell.request, &child).code == UV_ENOENT);
  CHECK_FALSE(has_children());
}

TEST_CASE("where the system forgets children, none is lost") {
  SignalGuard ignored(SIGCHLD, SIG_IGN);
  FakeEntry entry(nullptr);
  entry.core.start();
  spawn(&entry, Shell("exit 5"));
  pump_until(&entry, 1);
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].a == 5);
}

TEST_CASE("a child for which somebody else has waited has ended, nobody knows how") {
  if (!starts_without_copies()) return;
  FakeEntry entry(nullptr);
  entry.core.start();
  SpawnedChild child = spawn(&entry, Shell("exit 5"));
  CHECK(waitpid(child.pid, nullptr, 0) == child.pid);
  pump_until(&entry, 1);
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].a == 255);
  CHECK(entry.core.children().kill(child.id, SIGTERM).code == UV_ESRCH);
}

TEST_CASE("without any descriptor left no child runs, and none is lost") {
  Lab lab;
  CHECK(lab.end(Shell("exit 1").request).a == 1);
  int before = open_descriptors();
  rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  for (int more = 0; more < 8; more++) {
    rlimit few = {128, limit.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    std::vector<int> held;
    for (int fd = dup(0); fd >= 0; fd = dup(0)) held.push_back(fd);
    for (int i = 0; i < more; i++) {
      ::close(held.back());
      held.pop_back();
    }
    SpawnedChild child;
    Shell shell("exit 3", kOutput);
    int code = lab.start(shell.request, &child).code;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int fd : held) ::close(fd);
    CHECK((code == 0 || code == UV_EMFILE));
    if (code == 0) {
      ::close(child.pipes[1]);
      pump_until(&lab.entry, lab.started);
      CHECK(lab.entry.delivered.back().a == 3);
    }
    CHECK_FALSE(has_children());
    lab.entry.core.pump(false);
    CHECK(open_descriptors() == before);
  }
  CHECK(lab.started > 1);
}
