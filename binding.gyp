{
  "targets": [
    {
      "target_name": "sockctl",
      "sources": ["<!@(node scripts/sources.mjs)"],
      "actions": [
        {
          "action_name": "constants",
          "inputs": ["scripts/constants.mjs", "native/base/constants.txt"],
          "outputs": ["<(SHARED_INTERMEDIATE_DIR)/constants.inc"],
          "action": ["node", "scripts/constants.mjs", "native/base/constants.txt", "<@(_outputs)"]
        }
      ],
      "include_dirs": ["native", "<(SHARED_INTERMEDIATE_DIR)", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        # Darwin's headers have the options of RFC 3542 only where asked for.
        "__APPLE_USE_RFC_3542"
      ],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES"
      }
    }
  ]
}
