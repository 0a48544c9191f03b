#pragma once
#include <napi.h>
#include <netinet/in.h>

#include "base/bytes.h"
#include "codec/membership_key.h"

// Full-state source filters (RFC 3678 4.1.3 and 5.1.3): structs that end in a list of sources.
namespace sockctl {

// Sources read at the first asking; longer lists are asked for again.
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
