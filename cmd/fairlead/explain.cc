// `fairlead explain URL`: asks the API of a running Fairlead why a request goes where it goes, and
// says it in words.
#include <cstdio>
#include <expected>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "cmd/fairlead/commands.h"
#include "cmd/fairlead/local_request.h"

namespace fairlead::command {
namespace {

using Json = nlohmann::json;

struct Question {
  config::ListenAddress api;
  std::string fields;  // of the question to the API
  std::string query;   // of /api/v1/explain
  std::string url;
  bool wants_json = false;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || c == '.' || c == '_' || c == '~';
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", c);
    out += is_plain ? std::string(1, static_cast<char>(c)) : std::string(code);
  }
  return out;
}

void add(Question& question, std::string_view name, const std::string& value) {
  question.query += "&" + std::string(name) + "=" + escaped(value);
}

// What is wrong with the option, or nothing.
std::string take_option(Question& question, const std::string& name, const std::string& value) {
  if (name == "-X" || name == "--method") {
    add(question, "method", value);
  } else if (name == "-H" || name == "--header") {
    add(question, "header", value);
  } else if (name == "--client-ip") {
    add(question, "clientIP", value);
  } else if (name == "--entry-point") {
    add(question, "entryPoint", value);
  } else if (name == "--user") {
    question.fields += "Authorization: Basic " + base64_encode(value) + "\r\n";
  } else if (name == "--api") {
    auto listen = config::parse_listen_address(value);
    if (!listen) return "--api: " + listen.error();
    question.api = *listen;
  } else {
    return "unknown option \"" + name + "\"";
  }
  return "";
}

std::expected<Question, std::string> read_question(const std::vector<std::string>& words) {
  Question question;
  question.api = *config::parse_listen_address("127.0.0.1:8080");
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--json") {
      question.wants_json = true;
    } else if (!word.starts_with('-')) {
      question.url = word.find("://") == word.npos ? "http://" + word : word;
    } else {
      size_t equals = word.starts_with("--") ? word.find('=') : word.npos;
      bool has_value = equals != word.npos || i + 1 < words.size();
      if (!has_value) return std::unexpected("option " + word + " needs a value");
      std::string value = equals != word.npos ? word.substr(equals + 1) : words[++i];
      std::string fault = take_option(question, word.substr(0, equals), value);
      if (!fault.empty()) return std::unexpected(fault);
    }
  }
  if (question.url.empty())
    return std::unexpected("which URL? for example: fairlead explain http://app.example/path");
  return question;
}

std::string text(const Json& object, const char* key) {
  auto at = object.find(key);
  if (at == object.end()) return "";
  return at->is_string() ? at->get<std::string>() : at->dump();
}

void print_candidates(const Json& answer) {
  std::printf("\nRouters that were looked at, in order (of %s):\n",
              text(answer, "routers").c_str());
  for (const Json& candidate : answer.value("candidates", Json::array())) {
    std::printf("  %s %s  priority %s\n      %s\n",
                candidate.value("matched", false) ? "yes" : "no ",
                text(candidate, "router").c_str(), text(candidate, "priorityStr").c_str(),
                text(candidate, "why").c_str());
    for (const Json& matcher : candidate.value("matchers", Json::array())) {
      std::printf("      %s %s\n", matcher.value("matched", false) ? "+" : "-",
                  text(matcher, "matcher").c_str());
    }
  }
}

void print_way(const Json& answer) {
  for (const Json& link : answer.value("middlewares", Json::array())) {
    std::printf("  middleware  %s (%s) of %s\n", text(link, "name").c_str(),
                text(link, "type").c_str(), text(link, "origin").c_str());
  }
  const Json& service = answer["service"];
  std::printf("  service     %s (%s)\n", text(service, "name").c_str(),
              text(service, "type").c_str());
  for (const Json& server : service.value("servers", Json::array())) {
    std::printf("  server      %s  %s, weight %s\n", text(server, "url").c_str(),
                text(server, "status").c_str(), text(server, "weight").c_str());
  }
}

int print_answer(const Json& answer) {
  bool is_matched = answer.contains("winner");
  std::printf(
      "%s: %s\n", text(answer, "outcome").c_str(),
      is_matched ? (text(answer["winner"], "router") + ", " + text(answer["winner"], "why")).c_str()
                 : text(answer, "why").c_str());
  if (!text(answer, "entryPoint").empty())
    std::printf("  entry point %s\n", text(answer, "entryPoint").c_str());
  if (is_matched) print_way(answer);
  if (!answer.value("candidates", Json::array()).empty()) print_candidates(answer);
  return is_matched ? 0 : 1;
}

int complain(const std::string& why) {
  std::fprintf(stderr, "fairlead explain: %s\n", why.c_str());
  return 2;
}

}  // namespace

int explain_command(const LoadedOptions& options) {
  auto question = read_question(options.arguments);
  if (!question) return complain(question.error());
  LocalAnswer answer = ask_local(question->api, "GET",
                                 "/api/v1/explain?url=" + escaped(question->url) + question->query,
                                 question->fields);
  std::string where = "the API at " + question->api.text();
  if (answer.status == 0) return complain(where + ": " + answer.why + " (--api=host:port?)");
  if (answer.status == 401) return complain(where + " asks for a password: --user=name:password");
  if (answer.status == 404) return complain(where + " is not there: is api.insecure set?");
  Json json = Json::parse(answer.body, nullptr, false);
  if (json.is_discarded()) return complain(where + " answers " + std::to_string(answer.status));
  if (answer.status != 200) return complain(text(json, "message"));
  if (question->wants_json) {
    std::printf("%s", answer.body.c_str());
    return json.contains("winner") ? 0 : 1;
  }
  return print_answer(json);
}

}  // namespace fairlead::command
