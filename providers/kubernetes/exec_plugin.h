// Runs the credential plugin of a kubeconfig (client.authentication.k8s.io, v1 and v1beta1) on the
// pool and reads its ExecCredential. No shell is involved.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "io/task.h"
#include "providers/kubernetes/credentials.h"

namespace fairlead::providers::kubernetes {

struct ExecCredential {
  std::string token, certificate, key;
  // Without an expiry: as good as for ever, until the server refuses it.
  std::chrono::system_clock::time_point valid_until = std::chrono::system_clock::time_point::max();
};

// The plugin's standard output; the text says what is wrong with it.
std::expected<ExecCredential, std::string> parse_exec_credential(std::string_view text);
// "2026-08-01T12:00:00Z", with or without fractions or an offset.
std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text);

// `access` outlives the task.
io::Task<std::expected<ExecCredential, std::string>> run_exec_plugin(ExecPlugin plugin,
                                                                     const Access& access);

}  // namespace fairlead::providers::kubernetes
