// The functions of libuv by which a descriptor's readiness reaches JavaScript.
#pragma once
#include <cstddef>

// A poll handle of libuv runs on the loop that Node-API gives. The headers of cmake-js and of cross builds
// (node-api-headers) have no uv.h, so the few functions used are declared here. libuv keeps their signatures, the
// number of UV_POLL and `uv_handle_size` the same for all of version 1, which Node 20 to 26 carry and export. A thread
// with epoll would do too, but costs a wake-up for each batch.
extern "C" {
struct uv_loop_s;
struct uv_handle_s;
struct uv_poll_s;
size_t uv_handle_size(int type);
const char* uv_handle_type_name(int type);
void uv_handle_set_data(uv_handle_s* handle, void* data);
void* uv_handle_get_data(const uv_handle_s* handle);
int uv_poll_init(uv_loop_s* loop, uv_poll_s* handle, int fd);
int uv_poll_start(uv_poll_s* handle, int events, void (*callback)(uv_poll_s* handle, int status, int events));
int uv_poll_stop(uv_poll_s* handle);
void uv_ref(uv_handle_s* handle);
void uv_unref(uv_handle_s* handle);
void uv_close(uv_handle_s* handle, void (*callback)(uv_handle_s* handle));
}

namespace sockctl {

constexpr int kUvPoll = 8;
constexpr int kUvReadable = 1;

}  // namespace sockctl
