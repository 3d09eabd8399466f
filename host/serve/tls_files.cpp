#include "serve/tls_files.h"

#include <filesystem>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.http";

std::vector<std::filesystem::path> filesOf(const HttpsConfig& config) {
  std::vector<std::filesystem::path> files;
  for (const ConfiguredFile* file : {&config.certificate, &config.key, &config.client_ca})
    if (!file->path.empty()) files.emplace_back(file->path);
  return files;
}

}  // namespace

void TlsFiles::use(const HttpsConfig& config) {
  if (!config.on()) {
    stop();
    context_.set(nullptr);
    return;
  }
  auto watch =
      std::make_unique<FileWatch>([config] { return filesOf(config); }, std::vector<std::string>(), [this, config] { readAgain(config); });
  watch->note();
  const auto context = std::make_shared<const TlsContext>(config);
  stop();  // from now on the former files can't come back
  const std::shared_ptr<const TlsContext> before = context_.get();
  context_.set(context);
  if (before == nullptr || before->certificate().fingerprint != context->certificate().fingerprint) tell(context->certificate());
  watch_ = std::move(watch);
  watch_->start();
}

void TlsFiles::stop() { watch_ = nullptr; }

std::optional<double> TlsFiles::notAfter() const {
  const std::shared_ptr<const TlsContext> context = context_.get();
  if (context == nullptr) return std::nullopt;
  return unixSeconds(context->certificate().not_after);
}

void TlsFiles::readAgain(const HttpsConfig& config) {
  try {
    const auto context = std::make_shared<const TlsContext>(config);
    context_.set(context);
    tell(context->certificate());
  } catch (const TlsFault& fault) {
    log_.write({LogLevel::error,
                kLogger,
                "tls_files_refused",
                "https goes on with the certificate it has: " + fault.where() + ": " + fault.what(),
                {}});
  } catch (const std::exception& e) {
    log_.write({LogLevel::error, kLogger, "tls_files_refused", "https goes on with the certificate it has", {{"error", e.what()}}});
  }
}

void TlsFiles::tell(const TlsCertificate& certificate) const {
  const std::string warning = validityWarning(certificate, clock_.wall());
  log_.write({warning.empty() ? LogLevel::info : LogLevel::warning,
              kLogger,
              "tls_certificate_loaded",
              warning.empty() ? "https shows the certificate of " + certificate.subject : warning,
              {{"subject", certificate.subject},
               {"issuer", certificate.issuer},
               {"not_after", timestamp(certificate.not_after)},
               {"fingerprint", certificate.fingerprint}}});
}

}  // namespace pulsewatch
