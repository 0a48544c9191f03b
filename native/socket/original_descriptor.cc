// Finds a socket's descriptor among those of this process: Deno gives duplicates of the descriptors of its own sockets.
#include "socket/original_descriptor.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/fields.h"
#include "base/unique_fd.h"

namespace sockctl {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

bool IsOpenFile(int fd, const struct stat& wanted) {
  struct stat found {};
  return fstat(fd, &found) == 0 && found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino;
}

}  // namespace

// (duplicate, likely) -> the descriptor that `duplicate` was made of: `likely`, or else the lowest of the same socket;
// -1 if there is none. Closes the duplicate. Throws errno, a number.
Napi::Value OriginalDescriptor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  UniqueFd duplicate(ReadInteger<int>(info[0], "duplicate"));
  const auto likely = ReadInteger<int>(info[1], "likely");
  struct stat wanted {};
  if (fstat(duplicate.get(), &wanted) != 0) {
    napi_throw(env, Napi::Number::New(env, errno));
    return {};
  }
  close(duplicate.release());
  if (IsOpenFile(likely, wanted)) return info[1];
  const std::unique_ptr<DIR, CloseFolder> folder(opendir("/proc/self/fd"));
  if (folder == nullptr) {
    napi_throw(env, Napi::Number::New(env, errno));
    return {};
  }
  int lowest = -1;
  while (const dirent* entry = readdir(folder.get())) {  // NOLINT(concurrency-mt-unsafe): a folder of this call
    char* end = nullptr;
    const auto fd = static_cast<int>(std::strtol(entry->d_name, &end, 10));
    if (end != entry->d_name && (lowest < 0 || fd < lowest) && IsOpenFile(fd, wanted)) lowest = fd;
  }
  return Napi::Number::New(env, lowest);
}

}  // namespace sockctl
