// The themes of http/semantics.h, one file each: framing.cc, host.cc, path.cc. Private to src/http.
#pragma once

#include <string_view>

#include "http/semantics.h"

namespace fairlead::http {

// The fields that decide what a message means, found in one pass; the last of each name, and how
// many there were.
struct DecisiveFields {
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* host = nullptr;
  const Field* expect = nullptr;
  const Field* upgrade = nullptr;
  const Field* websocket_key = nullptr;
  const Field* websocket_version = nullptr;
  uint16_t content_lengths = 0;
  uint16_t transfer_encodings = 0;
  uint16_t hosts = 0;
  uint16_t expects = 0;
  uint16_t upgrades = 0;
  uint16_t websocket_keys = 0;
  uint16_t websocket_versions = 0;
  // What Connection lists, over all its fields.
  bool says_close = false;
  bool says_keep_alive = false;
  bool says_upgrade = false;
};
DecisiveFields find_decisive(const HeaderMap& headers);

// 1*DIGIT up to 2^63-1 (and 19 digits).
bool read_content_length(std::string_view text, uint64_t& length);

// body_kind, content_length, expects_continue, is_keep_alive, wants_upgrade, upgrade.
Code frame_request(RequestHead& head, const DecisiveFields& fields);

// authority and host, from the Host field and an absolute-form target's authority ("" when there
// was none).
Code place_host(RequestHead& head, const DecisiveFields& fields, std::string_view target_authority,
                Arena& arena);

// Splits the target by its form: path and query as received, and the authority of an absolute form.
struct TargetParts {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  bool has_query = false;
};
Code split_target(const RequestHead& head, TargetParts& parts);

// path and query, normalised.
Code place_path(RequestHead& head, const TargetParts& parts, Arena& arena,
                const RequestPolicy& policy);

}  // namespace fairlead::http
