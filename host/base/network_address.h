// IP addresses compared as they are meant: IPv4 and IPv4-mapped IPv6 are the same, a link's scope (%eth0) doesn't count. Poco's IPAddress
// takes "10.1" and "0x0a000001" for addresses and throws on a scope beside a mask. Pure; any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <sys/socket.h>

namespace pulsewatch {

using AddressBytes = std::array<unsigned char, 16>;  // network order; IPv4 as IPv4-mapped IPv6

// Strict: dotted decimal, or RFC 4291 with or without a scope. None when it is no address.
std::optional<AddressBytes> addressBytes(const std::string& text);

// A socket's, of either family.
AddressBytes addressBytes(const sockaddr_storage& address);

bool isIpv4(const AddressBytes& address);

// As people write it: IPv4-mapped as IPv4, IPv6 in its short form, without a scope.
std::string addressText(const AddressBytes& address);

// The same for a text; what is no address stays as it is.
std::string plainAddress(const std::string& text);

}  // namespace pulsewatch
