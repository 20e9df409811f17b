// How to reach an API server and who to be there: told (endpoint, token, authority), from the pod's
// service account, or from a kubeconfig file. Tokens that live in files are read again, so that a
// rotated one is used; an exec plugin is run on the pool when its answer has expired. Owned by the
// ApiClient; control thread.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "fetch/message.h"
#include "io/loop.h"
#include "io/task.h"

namespace fairlead::providers::kubernetes {

struct ExecPlugin {
  std::string command;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string api_version = "client.authentication.k8s.io/v1";
  std::string install_hint;
  bool provides_cluster_info = false;
};

struct Access {
  std::string server;       // "https://10.0.0.1:443"
  std::string server_name;  // in its certificate, when not the URL's
  fetch::Tls tls;
  std::string token, token_file;
  std::string username, password;
  std::vector<std::pair<std::string, std::string>> impersonation;  // headers
  std::string space;   // the namespace to be in, "" when unknown
  std::string origin;  // where this came from, for people
  std::optional<ExecPlugin> exec;
};

struct AccessOptions {
  std::string endpoint, token, authority;  // providers.…endpoint, token, certAuthFilePath
};

// Where a look around happens; tests have their own.
struct Environment {
  std::map<std::string, std::string> variables;
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
  static Environment of_process();
};

// Told first, then in cluster, then KUBECONFIG, then ~/.kube/config; else why there is none.
std::expected<Access, std::string> find_access(const AccessOptions& options,
                                               const Environment& environment);
// The files of a KUBECONFIG list, merged: the first to say something counts.
std::expected<Access, std::string> read_kubeconfig(const std::vector<std::string>& files);

class Credentials {
 public:
  explicit Credentials(Access access) : access_(std::move(access)) {}
  const Access& access() const { return access_; }

  // Before a request: what has expired is got again. The text says why that failed.
  io::Task<std::expected<void, std::string>> refresh();
  // The server did not accept them (401): nothing kept counts any more.
  void expire() { is_expired_ = true; }
  // Fills in URL base, headers, TLS.
  void apply(fetch::Request& request) const;

 private:
  void read_token(io::TimePoint now);

  Access access_;
  std::string token_;
  fetch::Tls plugin_tls_;
  io::TimePoint read_at_{};
  bool is_expired_ = true;
  std::chrono::system_clock::time_point valid_until_{};  // of the plugin's answer
};

}  // namespace fairlead::providers::kubernetes
