{
  "targets": [
    {
      "target_name": "sockctl",
      "sources": ["<!@(node native/build/settings.mjs sources)"],
      "actions": [
        {
          "action_name": "constants",
          "inputs": ["native/build/constants.mjs", "native/base/constants.txt"],
          "outputs": ["<(SHARED_INTERMEDIATE_DIR)/constants.inc"],
          "action": ["node", "native/build/constants.mjs", "native/base/constants.txt", "<@(_outputs)"]
        }
      ],
      "include_dirs": ["native", "<(SHARED_INTERMEDIATE_DIR)", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["<!@(node native/build/settings.mjs defines)"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "conditions": [["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete"] }]],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES"
      }
    }
  ]
}
