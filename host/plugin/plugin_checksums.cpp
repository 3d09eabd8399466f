#include "plugin/plugin_checksums.h"

#include "plugin/refusal.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr const char* kSums = "SHA256SUMS";
constexpr const char* kSignature = "SHA256SUMS.sig";
constexpr std::size_t kSumDigits = 64;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* raw(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

// All of an open file; `name` begins the sentences.
std::string contentOf(const FileDescriptor& file, const std::string& name) {
  std::string content;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Refusal(name + "cannot be read: " + std::generic_category().message(errno) + "; put it there again");
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > kMostBytes) throw Refusal(name + "is larger than 1 MiB; it is not the file that was meant");
  }
}

// Of a file beside the plugin; `absent` is the sentence when there is none.
std::string readBeside(const FileDescriptor& folder, const std::filesystem::path& directory, const char* name,
                       const std::set<uid_t>& owners, const std::string& absent) {
  struct stat status {};
  if (::fstatat(folder.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) throw Refusal(absent);
  return contentOf(openTrustedFile(folder, directory / name, owners, name), std::string(name) + " ");
}

std::string sha256(std::span<const std::byte> bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    throw Refusal("cannot be summed: OpenSSL has no SHA-256 here");
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4U];
    text += "0123456789abcdef"[digest[i] & 15U];
  }
  return text;
}

// A name that sha256sum has escaped, for a backslash or a line's end in it; nothing when it is none.
std::optional<std::string> unescaped(const std::string& name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '\\') {
      text += name[i];
      continue;
    }
    const char next = ++i < name.size() ? name[i] : '\0';
    if (next != '\\' && next != 'n' && next != 'r') return std::nullopt;
    text += next == 'n' ? '\n' : next == 'r' ? '\r' : '\\';
  }
  return text;
}

// A line's sum and name; nothing when it isn't as sha256sum writes it.
std::optional<std::pair<std::string, std::string>> parseLine(std::string line) {
  const bool escaped = line.front() == '\\';
  if (escaped) line.erase(0, 1);
  if (line.size() < kSumDigits + 3 || line[kSumDigits] != ' ') return std::nullopt;
  if (line[kSumDigits + 1] != ' ' && line[kSumDigits + 1] != '*') return std::nullopt;
  std::string sum = line.substr(0, kSumDigits);
  if (sum.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
  std::transform(sum.begin(), sum.end(), sum.begin(), [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string name = line.substr(kSumDigits + 2);
  if (name.find('\r') != std::string::npos || name.find('\0') != std::string::npos) return std::nullopt;
  if (escaped) {
    const auto plain = unescaped(name);
    if (!plain) return std::nullopt;
    name = *plain;
  }
  if (name.rfind("./", 0) == 0) name.erase(0, 2);
  return std::pair(sum, name);
}

void checkSignature(const std::string& sums, const std::string& signature, const std::string& key_bytes) {
  if (signature.size() != kSignatureBytes)
    throw Refusal(std::string(kSignature) + " has " + std::to_string(signature.size()) + " bytes where an Ed25519 signature has " +
                  std::to_string(kSignatureBytes) + "; sign SHA256SUMS with openssl pkeyutl -sign -rawin");
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(key_bytes.data()), key_bytes.size()), &EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool good = key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), raw(signature.data()), signature.size(), raw(sums.data()), sums.size()) == 1;
  if (!good)
    throw Refusal(std::string(kSignature) +
                  " is not this SHA256SUMS' signature by the key of plugins.signature_key; sign it again, or put both there again");
}

}  // namespace

void checkChecksum(const FileDescriptor& folder, const std::filesystem::path& path, std::span<const std::byte> bytes,
                   const std::set<uid_t>& owners, const ChecksumPolicy& policy) {
  const std::filesystem::path directory = path.parent_path();
  const std::string sums = readBeside(folder, directory, kSums, owners,
                                      "its directory has no SHA256SUMS, which plugins.require_checksums asks for; put there what sha256sum "
                                      "says of the plugins");
  if (policy.signature_key) {
    const std::string signature =
        readBeside(folder, directory, kSignature, owners,
                   "SHA256SUMS has no SHA256SUMS.sig beside it, which plugins.signature_key asks for; sign it with "
                   "openssl pkeyutl -sign -rawin");
    checkSignature(sums, signature, *policy.signature_key);
  }
  const auto listed = listedChecksum(sums, path.filename().string());
  if (!listed) throw Refusal("is not listed in SHA256SUMS; put one there that lists it, or remove the file");
  const std::string sum = sha256(bytes);
  if (sum != *listed)
    throw Refusal("has not the bytes that SHA256SUMS lists: its sum is " + sum + ", not " + *listed +
                  "; put the file there again, or a SHA256SUMS that belongs to it");
}

std::optional<std::string> listedChecksum(const std::string& sums, const std::string& file_name) {
  std::map<std::string, std::string> listed;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < sums.size();) {
    const std::size_t end = std::min(sums.find('\n', begin), sums.size());
    const std::string line = sums.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto entry = parseLine(line);
    if (!entry) throw Refusal("line " + std::to_string(number) + " of SHA256SUMS is not as sha256sum writes it; make the file again");
    const auto [place, added] = listed.emplace(entry->second, entry->first);
    if (!added && place->second != entry->first)
      throw Refusal("line " + std::to_string(number) + " of SHA256SUMS lists " + entry->second +
                    " again with another sum; make the file again");
  }
  const auto found = listed.find(file_name);
  if (found == listed.end()) return std::nullopt;
  return found->second;
}

std::string readSignatureKey(const std::filesystem::path& file, const std::set<uid_t>& owners, std::string& fault) {
  std::error_code error;
  const auto real = std::filesystem::canonical(file, error);
  if (error) {
    fault = "cannot be read: " + error.message() + "; correct its path or its permissions";
    return {};
  }
  std::string pem;
  try {
    std::set<uid_t> allowed = owners;
    allowed.insert(0);
    const FileDescriptor folder = openTrustedFolder(real.parent_path(), allowed);
    pem = contentOf(openTrustedFile(folder, real, allowed), "");
  } catch (const Refusal& refusal) {
    fault = std::string("cannot be taken: ") + refusal.what();
    return {};
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const Key key(PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key) {
    fault = "is not a public key in PEM; write it with openssl pkey -in KEY -pubout";
    return {};
  }
  std::string bytes(kKeyBytes, '\0');
  std::size_t length = bytes.size();
  const bool read = EVP_PKEY_id(key.get()) == EVP_PKEY_ED25519 &&
                    EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(bytes.data()), &length) == 1;
  if (read) return bytes;
  fault = "is a public key of another kind than Ed25519; make one with openssl genpkey -algorithm ed25519";
  return {};
}

std::filesystem::path checksumsOf(const std::filesystem::path& directory) { return directory / kSums; }
std::filesystem::path signatureOf(const std::filesystem::path& directory) { return directory / kSignature; }

ChecksumFiles checksumFilesOf(const std::filesystem::path& directory, const ChecksumPolicy& policy) {
  ChecksumFiles files;
  if (policy.required) files.sums = identityOf(checksumsOf(directory));
  if (policy.required && policy.signature_key) files.signature = identityOf(signatureOf(directory));
  return files;
}

}  // namespace pulsewatch
