// A request as it was at some link of the chain, to run what follows once more: later links may
// have changed its path and fields. Lives in the exchange's arena (its texts are there anyway). One
// worker.
#pragma once

#include "pipeline/exchange.h"

namespace fairlead::pipeline {

class SavedRequest {
 public:
  explicit SavedRequest(Exchange& x);
  // Everything but the body; see ReplayBody.
  void restore(Exchange& x) const;

 private:
  http::Method method_;
  http::BodyKind body_kind_;
  bool has_query_;
  bool has_forwarded_for_;
  uint64_t content_length_;
  std::string_view method_text_, authority_, host_, path_, query_;
  std::span<const http::Field> fields_;
};

}  // namespace fairlead::pipeline
