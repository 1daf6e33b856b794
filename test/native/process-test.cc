// Children on a loop: exits become completions, in both modes at once; nothing is left behind, whatever fails or
// closes.
#include "process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "children.h"
#include "orphans.h"

using namespace aioloop;

TEST_CASE("the exit of a child is delivered with its code or its signal") {
  FakeEntry entry(nullptr);
  entry.core.start();
  SpawnedChild first = spawn(&entry, Shell("exit 7"));
  pump_until(&entry, 1);
  SpawnedChild second = spawn(&entry, Shell("kill -9 $$"));
  pump_until(&entry, 2);
  REQUIRE(entry.delivered.size() == 2);
  CHECK(entry.delivered[0].op == kCompleteExited);
  CHECK(entry.delivered[0].id == first.id);
  CHECK(entry.delivered[0].a == 7);
  CHECK(entry.delivered[0].b == 0);
  CHECK(entry.delivered[1].id == second.id);
  CHECK(entry.delivered[1].b == SIGKILL);
  CHECK(first.pid != second.pid);
  CHECK_FALSE(entry.core.pump(true));
}

TEST_CASE("an embedded and a private loop have children at once, and each gets its own") {
  TestLoop loop;
  FakeEntry embedded(&loop.loop);
  embedded.core.start();
  FakeEntry alone(nullptr);
  alone.core.start();
  SpawnedChild here = spawn(&embedded, Shell("exit 1"));
  SpawnedChild there = spawn(&alone, Shell("exit 2"));
  pump_until(&alone, 1);
  loop.run();
  REQUIRE(embedded.delivered.size() == 1);
  REQUIRE(alone.delivered.size() == 1);
  CHECK(embedded.delivered[0].id == here.id);
  CHECK(embedded.delivered[0].a == 1);
  CHECK(alone.delivered[0].id == there.id);
  CHECK(alone.delivered[0].a == 2);
  CHECK_FALSE(has_children());
}

TEST_CASE("a failed spawn leaves nothing open and nothing running") {
  FakeEntry entry(nullptr);
  entry.core.start();
  StdioChoice pipes[] = {{StdioKind::kReads, -1}, {StdioKind::kWrites, -1}, {StdioKind::kBoth, -1}};
  Shell shell("exit 0", pipes);
  spawn(&entry, Shell("exit 0"));
  pump_until(&entry, 1);
  int before = open_descriptors();
  SpawnedChild child;
  shell.request.file = "/nowhere/at/all";
  Failure failure = try_spawn(&entry, shell, &child);
  CHECK(failure.code == UV_ENOENT);
  CHECK(failure.syscall == std::string("spawn"));
  shell.request.file = "/bin/sh";
  shell.request.cwd = "/nowhere";
  CHECK(try_spawn(&entry, shell, &child).code == UV_ENOENT);
  StdioChoice wrong[] = {{StdioKind::kWrites, -1}, {StdioKind::kSame, 1}};
  CHECK(try_spawn(&entry, Shell("exit 0", wrong, 2), &child).code == UV_EINVAL);
  CHECK(open_descriptors() == before);
  CHECK_FALSE(has_children());
  entry.core.pump(false);
  CHECK_FALSE(entry.core.pump(true));
}

TEST_CASE("pipes lead to the child, and it closes on its own what is its") {
  FakeEntry entry(nullptr);
  entry.core.start();
  spawn(&entry, Shell("exit 0"));
  pump_until(&entry, 1);
  int before = open_descriptors();
  StdioChoice pipes[] = {{StdioKind::kReads, -1}, {StdioKind::kWrites, -1}, {StdioKind::kSame, 1}};
  SpawnedChild child = spawn(&entry, Shell("read line; echo $line > /dev/stdout; echo error >&2; echo out", pipes));
  REQUIRE(child.pipes.size() == 3);
  CHECK(child.pipes[2] == -1);
  // Two pipes, and where there are such, what tells of its end.
  int opened = open_descriptors() - before;
  CHECK((opened == 2 || opened == 3));
  CHECK(write(child.pipes[0], "in\n", 3) == 3);
  CHECK(read_all(child.pipes[1]) == "in\nerror\nout\n");
  ::close(child.pipes[0]);
  pump_until(&entry, 2);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a child inherits nothing but what it is given") {
  FakeEntry entry(nullptr);
  entry.core.start();
  StdioChoice pipes[] = {{StdioKind::kReads, -1}, {StdioKind::kWrites, -1}, {StdioKind::kBoth, -1}};
  SpawnedChild holder = spawn(&entry, Shell("read line", pipes));
  StdioChoice output[] = {{StdioKind::kIgnore, -1}, {StdioKind::kWrites, -1}, {StdioKind::kSame, 1}};
  SpawnedChild child = spawn(&entry, Shell("echo /proc/self/fd/*", output));
  std::string seen = read_all(child.pipes[1]);
  for (int fd : holder.pipes) {
    CHECK(seen.find("/fd/" + std::to_string(fd) + " ") == std::string::npos);
    ::close(fd);
  }
  pump_until(&entry, 2);
}

TEST_CASE("signals reach a child that runs, and no other process once it is reaped") {
  FakeEntry entry(nullptr);
  entry.core.start();
  SpawnedChild child = spawn(&entry, Shell("sleep 60"));
  CHECK_FALSE(entry.core.children().kill(child.id, 0).failed());
  CHECK(entry.core.children().kill(child.id, 1000).code == UV_EINVAL);
  CHECK_FALSE(entry.core.children().kill(child.id, SIGTERM).failed());
  pump_until(&entry, 1);
  CHECK(entry.delivered[0].b == SIGTERM);
  CHECK(entry.core.children().kill(child.id, SIGTERM).code == UV_ESRCH);
  CHECK(entry.core.children().kill(12345, SIGTERM).code == UV_ESRCH);
}

TEST_CASE("a released child keeps no loop alive, is reaped, and nobody is told") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  SpawnedChild child = spawn(&entry, Shell("sleep 60"));
  SpawnedChild other = spawn(&entry, Shell("exit 3"));
  close_process(&entry, child.id);
  close_process(&entry, child.id);
  loop.run();
  CHECK(exits_of(entry).size() == 1);
  CHECK(entry.core.children().kill(child.id, SIGKILL).code == UV_ESRCH);
  CHECK(::kill(child.pid, SIGKILL) == 0);
  run_until(&loop.loop, [] { return !has_children(); });
  close_process(&entry, other.id);
  entry.want_turn();
  loop.run();
  CHECK(exits_of(entry).size() == 1);
  CHECK(entry.core.io().objects() == 0);
}

TEST_CASE("a stopped loop keeps nothing alive for its children, and tells of them when it starts again") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  spawn(&entry, Shell("exit 0"));
  CHECK_FALSE(loop.alive());
  entry.core.start();
  loop.run();
  CHECK(entry.delivered.size() == 1);
  spawn(&entry, Shell("exit 4"));
  entry.core.stop();
  run_until(&loop.loop, [] { return !has_children(); });
  CHECK(entry.delivered.size() == 1);
  entry.core.start();
  loop.run();
  REQUIRE(entry.delivered.size() == 2);
  CHECK(entry.delivered[1].a == 4);
}

TEST_CASE("a child outlives its embedded loop and is reaped by the uv loop") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  SpawnedChild child = spawn(&entry, Shell("sleep 60"));
  entry.core.close();
  uv_run(&loop.loop, UV_RUN_NOWAIT);
  CHECK_FALSE(entry.is_closed);
  CHECK_FALSE(loop.alive());
  CHECK(::kill(child.pid, SIGKILL) == 0);
  run_until(&loop.loop, [&] { return entry.is_closed; });
  CHECK_FALSE(has_children());
  CHECK(entry.delivered.empty());
}

TEST_CASE("where the uv loop ends, too, the child is handed on") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  SpawnedChild child = spawn(&entry, Shell("sleep 60"));
  bool closed_before = false;
  SUBCASE("open") {}
  SUBCASE("closed already") { closed_before = true; }
  if (closed_before) entry.core.close();
  entry.core.end();
  uv_run(&loop.loop, UV_RUN_NOWAIT);
  CHECK(entry.is_closed);
  REQUIRE(entry.orphans.size() == 1);
  CHECK(entry.orphans[0] == child.pid);
  ::kill(child.pid, SIGKILL);
  waitpid(child.pid, nullptr, 0);
}

TEST_CASE("children of a closed private loop are reaped when there is an occasion") {
  Orphans orphans;
  SpawnedChild child;
  {
    FakeEntry entry(nullptr);
    entry.core.start();
    child = spawn(&entry, Shell("sleep 60"));
    entry.core.close();
    CHECK(entry.is_closed);
    for (int pid : entry.orphans) orphans.add(pid);
  }
  orphans.reap();
  CHECK(orphans.count() == 1);
  ::kill(child.pid, SIGKILL);
  while (orphans.count() > 0) orphans.reap();
  CHECK_FALSE(has_children());
  orphans.add(child.pid);
  CHECK(orphans.count() == 0);
}

TEST_CASE("more exits than the ring holds are all delivered, once each, and nothing is left") {
  FakeEntry entry(nullptr, 4);
  entry.core.start();
  spawn(&entry, Shell("exit 0"));
  pump_until(&entry, 1);
  int before = open_descriptors();
  std::vector<uint32_t> ids;
  for (int i = 0; i < 60; i++) ids.push_back(spawn(&entry, Shell("exit 0")).id);
  pump_until(&entry, 61);
  REQUIRE(entry.delivered.size() == 61);
  for (uint32_t id : ids) {
    int times = 0;
    for (size_t i = 1; i < entry.delivered.size(); i++) times += entry.delivered[i].id == id;
    CHECK(times == 1);
    close_process(&entry, id);
  }
  CHECK_FALSE(has_children());
  CHECK(open_descriptors() == before);
  pump_until(&entry, 121);
  CHECK(entry.core.io().objects() == 1);
}

TEST_CASE("an id is not used again") {
  FakeEntry entry(nullptr);
  entry.core.start();
  SpawnedChild first = spawn(&entry, Shell("exit 0"));
  pump_until(&entry, 1);
  close_process(&entry, first.id);
  SpawnedChild second = spawn(&entry, Shell("sleep 60"));
  CHECK(second.id != first.id);
  CHECK(entry.core.children().kill(first.id, SIGKILL).code == UV_ESRCH);
  entry.core.children().kill(second.id, SIGKILL);
  pump_until(&entry, 3);
  CHECK(exits_of(entry).size() == 2);
}

TEST_CASE("loops of several threads start children at the same time") {
  std::vector<std::thread> threads;
  std::vector<size_t> exits(4, 0);
  for (size_t t = 0; t < exits.size(); t++) {
    threads.emplace_back([&exits, t] {
      FakeEntry entry(nullptr, 8);
      entry.core.start();
      for (int i = 0; i < 12; i++) {
        SpawnedChild child;
        (void)try_spawn(&entry, Shell("exit 5"), &child);
      }
      pump_until(&entry, 12);
      for (const Completion& completion : entry.delivered) exits[t] += completion.a == 5;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t count : exits) CHECK(count == 12);
  CHECK_FALSE(has_children());
}
