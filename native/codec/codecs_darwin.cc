// The codecs of types that macOS has and Linux lacks, or has differently.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/fields.h"
#include "codec/codec.h"
#include "codec/struct_codec.h"

namespace sockctl {
namespace {

// lib/options/codecs/darwin.ts lays this struct out.
static_assert(sizeof(tcp_connection_info) == 112);
static_assert(offsetof(tcp_connection_info, tcpi_options) == 4);
static_assert(offsetof(tcp_connection_info, tcpi_rto) == 12);
static_assert(offsetof(tcp_connection_info, tcpi_rttvar) == 48);
static_assert(offsetof(tcp_connection_info, tcpi_txpackets) == 56);
static_assert(offsetof(tcp_connection_info, tcpi_txretransmitpackets) == 104);

// A whole source filter as setsourcefilter(3) and getsourcefilter(3) give it to the kernel: a pointer leads to the
// sources, which lie behind the struct. On Linux the same value is a struct group_filter, whose name the codec keeps.
constexpr size_t kFilterHead = sizeof(__msfilterreq);
constexpr size_t kFirstSources = 16;
constexpr size_t kFilterRoom = kFilterHead + kFirstSources * sizeof(sockaddr_storage);

void EncodeFilter(const Napi::Value& value, Bytes& bytes) {
  __msfilterreq head{};
  FromJs io(value);
  io("interface", head.msfr_ifindex);
  io("mode", head.msfr_fmode);
  io("group", head.msfr_group);
  const Napi::Value sources = value.As<Napi::Object>().Get("sources");
  if (!sources.IsArray()) throw Napi::TypeError::New(value.Env(), "sources is not an array");
  const auto list = sources.As<Napi::Array>();
  head.msfr_nsrcs = list.Length();
  bytes.Assign(head);
  bytes.Resize(kFilterHead + size_t{head.msfr_nsrcs} * sizeof(sockaddr_storage));
  for (uint32_t i = 0; i < head.msfr_nsrcs; ++i) {
    const sockaddr_storage source = ParseSockaddr(list.Get(i));
    std::memcpy(bytes.data() + kFilterHead + i * sizeof source, &source, sizeof source);
  }
}

size_t SourcesIn(const Bytes& bytes) {
  return bytes.size() < kFilterHead ? 0 : (bytes.size() - kFilterHead) / sizeof(sockaddr_storage);
}

Napi::Value DecodeFilter(Napi::Env env, const Bytes& bytes) {
  const auto head = Load<__msfilterreq>(bytes);
  const size_t count = std::min<size_t>(head.msfr_nsrcs, SourcesIn(bytes));
  Napi::Array sources = Napi::Array::New(env, count);
  for (size_t i = 0; i < count; ++i) {
    sockaddr_storage source{};
    std::memcpy(&source, bytes.data() + kFilterHead + i * sizeof source, sizeof source);
    sources.Set(static_cast<uint32_t>(i), TextOf(source));
  }
  Napi::Object filter = Napi::Object::New(env);
  filter.Set("group", TextOf(head.msfr_group));
  filter.Set("interface", Napi::Number::New(env, head.msfr_ifindex));
  filter.Set("mode", Napi::Number::New(env, head.msfr_fmode));
  filter.Set("sources", sources);
  return filter;
}

// The kernel tells how many sources there are, whatever the room.
size_t FilterRoomNeeded(const Bytes& answer, size_t /*room*/) {
  return kFilterHead + size_t{Load<__msfilterreq>(answer).msfr_nsrcs} * sizeof(sockaddr_storage);
}

size_t PointToSources(Bytes& bytes) {
  auto head = Load<__msfilterreq>(bytes);
  head.msfr_srcs = reinterpret_cast<sockaddr_storage*>(bytes.data() + kFilterHead);
  std::memcpy(bytes.data(), &head, sizeof head);
  return kFilterHead;
}

void SetFilterCapacity(Bytes& question) {
  auto head = Load<__msfilterreq>(question);
  head.msfr_nsrcs = static_cast<uint32_t>(SourcesIn(question));
  std::memcpy(question.data(), &head, sizeof head);
  PointToSources(question);
}

constexpr std::array kCodecs = {
    Codec{"group_filter", kFilterRoom, EncodeFilter, DecodeFilter, FilterRoomNeeded, SetFilterCapacity, nullptr,
          PointToSources, 1, ENOBUFS, kFilterHead},
};

}  // namespace

CodecList SystemCodecs() { return {kCodecs.data(), kCodecs.size()}; }

}  // namespace sockctl
