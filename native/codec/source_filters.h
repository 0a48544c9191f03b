// Source filters in full (RFC 3678 4.1.3 and 5.1.3): structs that end in a list of sources.
#pragma once
#include <napi.h>
#include <netinet/in.h>

#include "base/bytes.h"
#include "codec/membership_key.h"

namespace sockctl {

// The first question has room for so many sources; for a longer list the kernel is asked again.
constexpr size_t kFirstSources = 16;
constexpr size_t kIpMsfilterRoom = IP_MSFILTER_SIZE(kFirstSources);
constexpr size_t kGroupFilterRoom = GROUP_FILTER_SIZE(kFirstSources);

void EncodeIpMsfilter(const Napi::Value& value, Bytes& bytes);
Napi::Value DecodeIpMsfilter(Napi::Env env, const Bytes& bytes);
size_t IpMsfilterRoomNeeded(const Bytes& answer, size_t room);
void SetIpMsfilterCapacity(Bytes& question);
MembershipKey IpMsfilterKey(const Bytes& bytes);

void EncodeGroupFilter(const Napi::Value& value, Bytes& bytes);
Napi::Value DecodeGroupFilter(Napi::Env env, const Bytes& bytes);
size_t GroupFilterRoomNeeded(const Bytes& answer, size_t room);
void SetGroupFilterCapacity(Bytes& question);
MembershipKey GroupFilterKey(const Bytes& bytes);

}  // namespace sockctl
