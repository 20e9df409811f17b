#include "config/static_checks.h"
#include "config/static_fields.h"

namespace fairlead::config {
namespace {

// The visitor that fills a section from a Reader.
class Decoder {
 public:
  explicit Decoder(Reader& reader) : reader_(reader) {}

  template <class T>
  void value(const char* key, T& field, const char*) {
    reader_.read(key, field);
  }
  void value(const char* key, Milliseconds& field, const char*) {
    Milliseconds read = field;
    if (reader_.read(key, read) && is_not_negative(key, read)) field = read;
  }
  void value(const char* key, std::optional<Milliseconds>& field, const char*) {
    Milliseconds read{0};
    if (reader_.read(key, read) && is_not_negative(key, read)) field = read;
  }
  void secret(const char* key, std::string& field, const char*) { reader_.read(key, field); }

  void number(const char* key, int64_t& field, int64_t least, int64_t most, const char*) {
    int64_t read = 0;
    if (!reader_.read(key, read)) return;
    if (read < least || read > most) {
      reader_.error(key, "expects a number from " + std::to_string(least) + " to " +
                             std::to_string(most) + ", got " + std::to_string(read));
      return;
    }
    field = read;
  }

  void word(const char* key, std::string& field, const std::vector<std::string_view>& words,
            const char*) {
    reader_.read_word(key, field, words);
  }

  void words(const char* key, std::map<std::string, std::string>& field,
             const std::vector<std::string_view>& words, const char*) {
    reader_.child(key, [&](Reader& inner) {
      if (!inner.node()) return;
      for (const Member& member : inner.node()->members) {
        std::string mode;
        if (inner.read_word(member.key, mode, words)) field[member.key] = mode;
      }
    });
  }

  void ips(const char* key, std::vector<std::string>& field, const char*) {
    std::vector<std::string> read;
    if (!reader_.read(key, read)) return;
    for (const std::string& text : read) {
      if (!is_ip_or_network(text)) {
        reader_.error(key,
                      "\"" + text + "\" is neither an address nor a network such as 10.0.0.0/8");
        return;
      }
    }
    field = std::move(read);
  }

  template <class T>
  void section(const char* key, T& field, const char*) {
    reader_.child(key, [&](Reader& inner) { decode(inner, field); });
  }

  template <class T>
  void optional(const char* key, std::optional<T>& field, const char*) {
    T read = field.value_or(T{});
    if (reader_.child(key, [&](Reader& inner) { decode(inner, read); })) field = std::move(read);
  }

  template <class T>
  void named(const char* key, std::map<std::string, T>& field, const char*) {
    reader_.each(key, [&](const std::string& name, Reader& inner) { decode(inner, field[name]); });
  }

  template <class T>
  void items(const char* key, std::vector<T>& field, const char*) {
    std::vector<T> read;
    reader_.each_item(key, [&](Reader& inner) { decode(inner, read.emplace_back()); });
    if (!read.empty()) field = std::move(read);
  }

  void raw(const char* key, std::optional<Node>& field, const char*) {
    const Node* node = reader_.raw(key);
    if (!node || (node->is_scalar() && parse_bool(node->scalar) == false)) return;
    bool says_on = node->is_null() || (node->is_scalar() && parse_bool(node->scalar) == true);
    field = says_on ? Node::map() : *node;
  }

  void unserved(const char* key, const char* meaning) {
    const Node* node = reader_.raw(key);
    if (!node || (node->is_scalar() && parse_bool(node->scalar) == false)) return;
    reader_.warning(key, meaning);
  }

 private:
  template <class T>
  static void decode(Reader& reader, T& field) {
    Decoder decoder(reader);
    fields(decoder, field);
  }

  bool is_not_negative(const char* key, Milliseconds read) {
    if (read.count() >= 0) return true;
    reader_.error(key, "must not be negative, got " + format_duration(read));
    return false;
  }

  Reader& reader_;
};

// Sections of the dynamic configuration have no effect here; in Traefik one file may hold both
// kinds.
void warn_about_dynamic_sections(Reader& reader) {
  for (const char* key : {"http", "tcp", "udp", "tls"}) {
    if (!reader.node()->find(key)) continue;
    reader.ignore(key);
    reader.warning(key,
                   "is dynamic configuration and not read from here; put it into a file of its own "
                   "and name that in providers.file.filename");
  }
}

void refuse_keys_of_older_versions(Reader& reader) {
  constexpr std::pair<const char*, const char*> kGone[] = {
      {"defaultEntryPoints", "set asDefault on those entry points"},
      {"pilot", "remove it"},
      {"docker", "write providers.docker"},
      {"file", "write providers.file"},
      {"web", "write api, ping and metrics"},
      {"logLevel", "write log.level"},
      {"accessLogsFile", "write accessLog.filePath"},
      {"acme", "write certificatesResolvers"},
  };
  for (auto [key, advice] : kGone) {
    if (!reader.node()->find(key)) continue;
    reader.ignore(key);
    reader.error(key, std::string("is an option of an older Traefik; ") + advice);
  }
}

}  // namespace

StaticConfig decode_static(const Node& document, Diagnostics& diagnostics) {
  StaticConfig config;
  Reader reader(&document, "", "", "", diagnostics);
  reader.set_unknown_is_error(true);
  Decoder decoder(reader);
  fields(decoder, config);
  if (reader.node()) {
    warn_about_dynamic_sections(reader);
    refuse_keys_of_older_versions(reader);
  }
  reader.finish();
  complete_and_check(config, document, diagnostics);
  return config;
}

}  // namespace fairlead::config
