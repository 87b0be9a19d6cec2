{
  "targets": [
    {
      "target_name": "seamount",
      "sources": [
        "src/addon.cc",
        "src/arguments.cc",
        "src/channel.cc",
        "src/device.cc",
        "src/job.cc",
        "src/mounting.cc",
        "src/notifier.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags_cc": ["-O2", "-Wall", "-Wextra", "-fvisibility=hidden"]
    },
    {
      "target_name": "seamount-guard",
      "type": "executable",
      "sources": ["src/guard.cc"],
      "cflags_cc": ["-O2", "-Wall", "-Wextra"],
      "ldflags": ["-static-libstdc++", "-static-libgcc"]
    }
  ]
}
