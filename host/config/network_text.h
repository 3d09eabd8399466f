// Addresses, networks, Host patterns and paths as the configuration has them: what is wrong with one, as a sentence's end; "" for nothing.
// Pure; any thread.
#pragma once
#include <string>

namespace pulsewatch {

// An IPv4 or IPv6 literal, without brackets or a zone.
bool isIpAddress(const std::string& text);

// Whether a listener at one and a listener at the other get in each other's way on one port: 0.0.0.0 is every IPv4 address, :: every one.
bool addressesOverlap(const std::string& a, const std::string& b);

// An address, or a network: 10.0.0.0/8, fd00::/8.
std::string networkFault(const std::string& text);

// Django's ALLOWED_HOSTS: *, .example.com, a host name, an IPv4 address, an IPv6 address in brackets.
std::string hostPatternFault(const std::string& text);

// Where a unix socket can be: its path is short.
std::string socketPathFault(const std::string& path);

// The path of a request: /ready.
std::string pathFault(const std::string& text);

}  // namespace pulsewatch
