# The shipping build of the addon (node-gyp). CMakeLists.txt builds the same sources for tests and sanitizers.
#
# libstdc++ and libgcc stay dynamic: Node needs them anyway, and static ones pull in symbols of a young glibc.
{
  "targets": [
    {
      "target_name": "aioloop",
      "sources": [
        "native/child-stdio.cc",
        "native/deadline-clock.h",
        "native/error.cc",
        "native/exit-watch.cc",
        "native/fd-watch.cc",
        "native/descriptor.cc",
        "native/file-sending.cc",
        "native/handle.cc",
        "native/io-table.cc",
        "native/listener.cc",
        "native/loop-core.cc",
        "native/resolver.cc",
        "native/mailbox.cc",
        "native/orphans.cc",
        "native/process.cc",
        "native/pipe.cc",
        "native/posix-spawn.cc",
        "native/read-slab.cc",
        "native/rings.cc",
        "native/signals.cc",
        "native/socket-address.cc",
        "native/stream-family.cc",
        "native/stream.cc",
        "native/tcp.cc",
        "native/timer-clock.cc",
        "native/timerfd-clock.cc",
        "native/timers.cc",
        "native/udp.cc",
        "native/wakeup.cc",
        "native/binding/address-value.cc",
        "native/binding/addon.cc",
        "native/binding/arguments.cc",
        "native/binding/block-value.cc",
        "native/binding/datagram-methods.cc",
        "native/binding/environment.cc",
        "native/binding/lookup-methods.cc",
        "native/binding/letters.cc",
        "native/binding/loop-object.cc",
        "native/binding/older-runtimes.cc",
        "native/binding/process-methods.cc",
        "native/binding/session.cc",
        "native/binding/watch-methods.cc",
        "native/binding/stream-methods.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags_cc": [
        "-std=c++17",
        "-fno-exceptions",
        "-fno-rtti",
        "-fvisibility=hidden",
        "-fvisibility-inlines-hidden",
        "-Wall",
        "-Wextra",
        "-Werror"
      ],
      "conditions": [["OS=='win'", { "libraries": ["-lws2_32.lib"] }]],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CPLUSPLUSFLAGS": ["-Wall", "-Wextra", "-Werror"]
      },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++17"], "ExceptionHandling": 0 } }
    }
  ]
}
