// What the addon keeps for one environment of Node-API: the main thread, or a worker.
#pragma once
#include <napi.h>

#include <map>
#include <memory>

namespace sockctl {

// What is kept for one environment, the main thread's or a worker's: nothing is shared between them.
class Environment {
 public:
  static void Open(Napi::Env env);

  // The environment's only T, made when it is first asked for. Its address stays the same.
  template <typename T>
  static T& Kept(Napi::Env env) {
    // Each T has a variable of its own, whose address is the key.
    static char key;
    std::shared_ptr<void>& kept = env.GetInstanceData<Environment>()->kept_[&key];
    if (kept == nullptr) kept = std::make_shared<T>();
    return *static_cast<T*>(kept.get());
  }

 private:
  std::map<const char*, std::shared_ptr<void>> kept_;
};

}  // namespace sockctl
