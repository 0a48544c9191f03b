// Looks up libuv in the process.
#include "datagram/libuv.h"

#include <dlfcn.h>

#include <cstring>
#include <stdexcept>
#include <string>

namespace sockctl {
namespace {

template <typename Function>
void Find(Function*& function, const char* name) {
  function = reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
  if (function == nullptr) throw std::runtime_error(std::string("this runtime's event loop is not libuv: no ") + name);
}

Libuv LookUp() {
  Libuv uv{};
  Find(uv.handle_size, "uv_handle_size");
  Find(uv.handle_type_name, "uv_handle_type_name");
  Find(uv.handle_set_data, "uv_handle_set_data");
  Find(uv.handle_get_data, "uv_handle_get_data");
  Find(uv.poll_init, "uv_poll_init");
  Find(uv.poll_start, "uv_poll_start");
  Find(uv.poll_stop, "uv_poll_stop");
  Find(uv.ref, "uv_ref");
  Find(uv.unref, "uv_unref");
  Find(uv.close, "uv_close");
  Find(uv.walk, "uv_walk");
  Find(uv.fileno, "uv_fileno");
  const char* name = uv.handle_type_name(kUvPoll);
  if (name == nullptr || std::strcmp(name, "poll") != 0)
    throw std::runtime_error("this runtime's event loop is not libuv 1");
  return uv;
}

}  // namespace

const Libuv& FindLibuv() {
  static const Libuv uv = LookUp();
  return uv;
}

}  // namespace sockctl
