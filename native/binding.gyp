{
  "targets": [
    {
      "target_name": "seamount",
      "sources": [
        "src/addon.cc",
        "src/arguments.cc",
        "src/channel.cc",
        "src/job.cc",
        "src/mounting.cc",
        "src/notifier.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags_cc": ["-O2", "-Wall", "-Wextra", "-fvisibility=hidden"]
    }
  ]
}
