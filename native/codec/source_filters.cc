// struct ip_msfilter (IPv4 by local address) and struct group_filter (both families by index).
#include "codec/source_filters.h"

#include <algorithm>
#include <cstring>

#include "base/fields.h"

namespace sockctl {
namespace {

// The two structs have different fields and sources; everything else here is for both.
struct IpMsfilter {
  using Head = ip_msfilter;
  using Source = in_addr;
  static constexpr size_t kHeadSize = IP_MSFILTER_SIZE(0);
  static Source Parse(const Napi::Value& value) { return ParseIn4(value); }
  static uint32_t& Count(Head& head) { return head.imsf_numsrc; }
  template <class IO>
  static void Fields(IO& io, Head& head) {
    io("group", head.imsf_multiaddr);
    io("interface", head.imsf_interface);
    io("mode", head.imsf_fmode);
  }
};

struct GroupFilter {
  using Head = group_filter;
  using Source = sockaddr_storage;
  static constexpr size_t kHeadSize = GROUP_FILTER_SIZE(0);
  static Source Parse(const Napi::Value& value) { return ParseSockaddr(value); }
  static uint32_t& Count(Head& head) { return head.gf_numsrc; }
  template <class IO>
  static void Fields(IO& io, Head& head) {
    io("interface", head.gf_interface);
    io("group", head.gf_group);
    io("mode", head.gf_fmode);
  }
};

// The struct without its sources. Its sizeof would count one source.
template <class Kind>
typename Kind::Head HeadOf(const Bytes& bytes) {
  typename Kind::Head head{};
  std::memcpy(&head, bytes.data(), std::min(bytes.size(), Kind::kHeadSize));
  return head;
}

template <class Kind>
void Encode(const Napi::Value& value, Bytes& bytes) {
  typename Kind::Head head{};
  FromJs io(value);
  Kind::Fields(io, head);
  const Napi::Value list = value.As<Napi::Object>().Get("sources");
  if (!list.IsArray()) throw Napi::TypeError::New(value.Env(), "sources is not an array");
  const auto sources = list.As<Napi::Array>();
  const uint32_t count = sources.Length();
  constexpr uint32_t kMaxSources = 1U << 16;
  if (count > kMaxSources) throw Napi::RangeError::New(value.Env(), "more sources than any kernel takes");
  Kind::Count(head) = count;
  bytes.Resize(0);
  bytes.Resize(Kind::kHeadSize + count * sizeof(typename Kind::Source));
  std::memcpy(bytes.data(), &head, Kind::kHeadSize);
  for (uint32_t i = 0; i < count; ++i) {
    const typename Kind::Source source = Kind::Parse(sources.Get(i));
    std::memcpy(bytes.data() + Kind::kHeadSize + i * sizeof source, &source, sizeof source);
  }
}

template <class Kind>
Napi::Value Decode(Napi::Env env, const Bytes& bytes) {
  typename Kind::Head head = HeadOf<Kind>(bytes);
  ToJs io(env, &head, bytes.size());
  Kind::Fields(io, head);
  const size_t held =
      bytes.size() < Kind::kHeadSize ? 0 : (bytes.size() - Kind::kHeadSize) / sizeof(typename Kind::Source);
  const auto count = static_cast<uint32_t>(std::min<size_t>(Kind::Count(head), held));
  Napi::Array sources = Napi::Array::New(env, count);
  for (uint32_t i = 0; i < count; ++i) {
    typename Kind::Source source{};
    std::memcpy(&source, bytes.data() + Kind::kHeadSize + i * sizeof source, sizeof source);
    sources.Set(i, TextOf(source));
  }
  io.object().Set("sources", sources);
  return io.object();
}

// The kernel answers with the count of all sources, even if there was room for fewer.
template <class Kind>
size_t RoomNeeded(const Bytes& answer) {
  typename Kind::Head head = HeadOf<Kind>(answer);
  return Kind::kHeadSize + Kind::Count(head) * sizeof(typename Kind::Source);
}

template <class Kind>
void SetCapacity(Bytes& question) {
  typename Kind::Head head = HeadOf<Kind>(question);
  Kind::Count(head) = static_cast<uint32_t>((question.size() - Kind::kHeadSize) / sizeof(typename Kind::Source));
  std::memcpy(question.data(), &head, Kind::kHeadSize);
}

}  // namespace

void EncodeIpMsfilter(const Napi::Value& value, Bytes& bytes) { Encode<IpMsfilter>(value, bytes); }
Napi::Value DecodeIpMsfilter(Napi::Env env, const Bytes& bytes) { return Decode<IpMsfilter>(env, bytes); }
size_t IpMsfilterRoomNeeded(const Bytes& answer, size_t /*room*/) { return RoomNeeded<IpMsfilter>(answer); }
void SetIpMsfilterCapacity(Bytes& question) { SetCapacity<IpMsfilter>(question); }
MembershipKey IpMsfilterKey(const Bytes& bytes) {
  const auto head = HeadOf<IpMsfilter>(bytes);
  return KeyOf(head.imsf_multiaddr, head.imsf_interface, 0);
}

void EncodeGroupFilter(const Napi::Value& value, Bytes& bytes) { Encode<GroupFilter>(value, bytes); }
Napi::Value DecodeGroupFilter(Napi::Env env, const Bytes& bytes) { return Decode<GroupFilter>(env, bytes); }
size_t GroupFilterRoomNeeded(const Bytes& answer, size_t /*room*/) { return RoomNeeded<GroupFilter>(answer); }
void SetGroupFilterCapacity(Bytes& question) { SetCapacity<GroupFilter>(question); }
MembershipKey GroupFilterKey(const Bytes& bytes) {
  const auto head = HeadOf<GroupFilter>(bytes);
  return KeyOf(head.gf_group, head.gf_interface);
}

}  // namespace sockctl
