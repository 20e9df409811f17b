// Follows one resource of the API server for ever: lists it in pages, watches from there, and
// starts over from a new list when the server has forgotten where we were; then what is in the new
// list and what is not tells the difference, and nothing that stayed is ever taken away. The
// connection may be lost at any byte: what was taken stays, the rest comes again. Runs as one
// coroutine; control thread; client and target outlive it.
#pragma once

#include <functional>
#include <random>
#include <set>
#include <string>

#include "io/scope.h"
#include "providers/kubernetes/api_client.h"

namespace fairlead::providers::kubernetes {

// Gets the objects; keys are "namespace/name".
class WatchTarget {
 public:
  virtual ~WatchTarget() = default;
  // Listed, added or modified.
  virtual void take(const Json& object) = 0;
  virtual void remove(const std::string& key) = 0;
  // Something was taken or removed, and for now nothing more is here.
  virtual void settle() = 0;
  // Complete for the first time, connected again, or not.
  virtual void synchronised() = 0;
  virtual void lost(const ApiFault& fault) = 0;
};

struct WatchOptions {
  std::string path;      // "/apis/networking.k8s.io/v1/ingresses"
  std::string selector;  // "&fieldSelector=…&labelSelector=…", escaped
  int page = 500;
  // One connection for the list and what follows (WatchList), where the server has that.
  bool streams_list = false;
  io::Duration first_retry{200}, last_retry{15'000};
  io::Duration silence{330'000};                // after which a watch counts as dead
  io::Duration list_patience{30'000};           // between two pieces of a list
  int least_seconds = 240, most_seconds = 300;  // how long the server is asked to go on
};

class Watch {
 public:
  Watch(WatchOptions options, ApiClient& client, WatchTarget& target);

  io::Task<void> run(io::Scope& scope);

  bool is_synchronised() const { return is_synchronised_; }

 private:
  using Ending = ApiResult<void>;

  io::Task<Ending> list(io::Scope& scope);
  io::Task<ApiResult<std::string>> list_page(std::string path, io::Scope& scope);
  io::Task<Ending> follow(io::Scope& scope);
  Ending take_event(const std::string& line);
  Ending take_bookmark(const Json& object);
  void take_object(const Json& object);
  void finish_list();
  std::string watch_path();
  io::Duration next_delay(const ApiFault& fault);
  bool refuses_streaming(const ApiFault& fault) const;

  WatchOptions options_;
  ApiClient& client_;
  WatchTarget& target_;
  std::string version_;           // to watch from; "" asks for a new list
  std::set<std::string> known_;   // keys that the target has
  std::set<std::string> listed_;  // of the list under way
  bool is_listing_ = false;       // the initial events of a streamed list come in
  bool is_synchronised_ = false;
  io::Duration delay_{0};
  std::minstd_rand random_;
};

}  // namespace fairlead::providers::kubernetes
