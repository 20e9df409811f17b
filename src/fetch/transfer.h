// One request on its way: libcurl's handle and what has arrived so far. Owned by the coroutine that
// waits for it or by its LineStream; known to the Multi from add() to remove(). Control thread.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "fetch/line_buffer.h"
#include "fetch/message.h"
#include "io/wait.h"

namespace fairlead::fetch {

struct Transfer {
  enum class Mode : uint8_t { whole, lines, bytes };

  Transfer(Request asked, Mode how);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Called by the Multi.
  void finish(CURLcode result);
  // Why there is no (whole) answer.
  Failure failure() const;
  Failure failure(Error error, std::string_view words) const;
  void wake() {
    if (waiter != nullptr) waiter->wake();
  }

  Request request;
  Mode mode;
  CURL* easy;
  curl_slist* header_list = nullptr;
  curl_slist* connect_list = nullptr;
  char words[CURL_ERROR_SIZE] = {};
  std::string fault;  // why the request cannot be sent at all

  Response response;
  LineBuffer lines;
  std::string unread;  // of Mode::bytes
  size_t head_bytes = 0;
  bool has_head = false;
  bool is_paused = false;
  bool is_over_limit = false;
  bool is_done = false;
  CURLcode result = CURLE_OK;
  io::Waiter* waiter = nullptr;

 private:
  long http_version() const;
  void set_options();
  void set_headers();
  void set_tls();
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  bool take_header(std::string_view line);
};

}  // namespace fairlead::fetch
