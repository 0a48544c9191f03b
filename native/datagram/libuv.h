// The functions of libuv by which a descriptor's readiness reaches JavaScript, and a handle's descriptor is found.
#pragma once
#include <cstddef>

struct uv_loop_s;
struct uv_handle_s;
struct uv_poll_s;

namespace sockctl {

// libuv's functions by their own names. The headers of cmake-js and of cross builds (node-api-headers) have no uv.h, so
// the functions used are declared here. libuv keeps their signatures, the number of UV_POLL and `uv_handle_size` the
// same for all of version 1, which Node 20 to 26 carry and export.
struct Libuv {
  size_t (*handle_size)(int type);
  const char* (*handle_type_name)(int type);
  void (*handle_set_data)(uv_handle_s* handle, void* data);
  void* (*handle_get_data)(const uv_handle_s* handle);
  int (*poll_init)(uv_loop_s* loop, uv_poll_s* handle, int fd);
  int (*poll_start)(uv_poll_s* handle, int events, void (*callback)(uv_poll_s* handle, int status, int events));
  int (*poll_stop)(uv_poll_s* handle);
  void (*ref)(uv_handle_s* handle);
  void (*unref)(uv_handle_s* handle);
  void (*close)(uv_handle_s* handle, void (*callback)(uv_handle_s* handle));
  void (*walk)(uv_loop_s* loop, void (*callback)(uv_handle_s* handle, void* data), void* data);
  int (*fileno)(const uv_handle_s* handle, int* fd);
};

constexpr int kUvPoll = 8;
constexpr int kUvReadable = 1;

// The libuv of this process, looked up at the first call: linked, its functions would be missing in the runtimes that
// have none. Throws std::runtime_error if one is missing, or if libuv is of another version.
const Libuv& FindLibuv();

}  // namespace sockctl
