// The constants of the system's headers, for JavaScript.
#pragma once
#include <napi.h>

#include <vector>

namespace sockctl {

struct Constant {
  const char* name;
  double value;
};

// The names of constants.txt that this system has: constants_linux.cc, constants_darwin.cc.
std::vector<Constant> SystemConstants();

// An object with all of them, by C name.
Napi::Object Constants(Napi::Env env);

}  // namespace sockctl
