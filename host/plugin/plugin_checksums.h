// What proves where a plugin is from: its directory's SHA256SUMS, as sha256sum writes it, and SHA256SUMS.sig, an Ed25519 signature of that
// file's bytes, as `openssl pkeyutl -sign -rawin` makes it. Any thread.
#pragma once

#include "base/file_descriptor.h"
#include "plugin/file_trust.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <sys/types.h>

namespace pulsewatch {

struct ChecksumPolicy {
  bool required = false;                     // plugins.require_checksums
  std::optional<std::string> signature_key;  // the 32 bytes of the public key; "" verifies nothing; none: no signature is needed
  bool operator==(const ChecksumPolicy&) const = default;
};

// Refuses the plugin `path`, which is in `folder`, unless SHA256SUMS there lists it with the sum of these very bytes; the sums are the
// allowed owners' alone to write, and signed when there is a key. Throws Refusal.
void checkChecksum(const FileDescriptor& folder, const std::filesystem::path& path, std::span<const std::byte> bytes,
                   const std::set<uid_t>& owners, const ChecksumPolicy& policy);

// The sum that `sums` has for a file name, in lower case; nothing when it isn't listed. Comments, empty lines, text and binary marks,
// escaped names and a ./ before a name are as sha256sum knows them; any other line is refused, whatever it is of. Throws Refusal.
std::optional<std::string> listedChecksum(const std::string& sums, const std::string& file_name);

// The bytes of the Ed25519 public key in a PEM file; "" when that can't be, with the end of a sentence in `fault`. Root may have written it
// as well as the allowed owners.
std::string readSignatureKey(const std::filesystem::path& file, const std::set<uid_t>& owners, std::string& fault);

// The files beside a plugin that decide with it; another state of them means that it must be looked at again.
struct ChecksumFiles {
  std::optional<FileIdentity> sums;
  std::optional<FileIdentity> signature;
  bool operator==(const ChecksumFiles&) const = default;
};
std::filesystem::path checksumsOf(const std::filesystem::path& directory);
std::filesystem::path signatureOf(const std::filesystem::path& directory);
ChecksumFiles checksumFilesOf(const std::filesystem::path& directory, const ChecksumPolicy& policy);

}  // namespace pulsewatch
