#include "observe/metrics.h"

#include <sstream>
#include <thread>

#include <doctest/doctest.h>

namespace fairlead::observe {
namespace {

using namespace std::chrono_literals;

Sample sample(uint16_t status, std::string_view method, std::chrono::nanoseconds duration) {
  return {.status = status,
          .method = method_number(method),
          .duration = duration,
          .request_bytes = 10,
          .response_bytes = 100};
}

// The lines of a scrape that begin with `name`, comments left out.
std::string lines(const std::string& scrape, std::string_view name) {
  std::istringstream in(scrape);
  std::string found;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) found += line + "\n";
  }
  return found;
}

bool has(const std::string& scrape, std::string_view line) {
  return scrape.find(std::string(line) + "\n") != scrape.npos;
}

MetricsSettings all_labels() {
  MetricsSettings settings;
  settings.entry_points = {"web", "traefik"};
  settings.has_router_labels = true;
  return settings;
}

}  // namespace

TEST_CASE("requests_of_all_workers_are_merged_by_code_method_and_protocol") {
  Metrics metrics(all_labels(), 2);
  auto web = metrics.entry_point("web");
  web->count(0, sample(200, "GET", 50ms));
  web->count(1, sample(200, "GET", 100ms));
  web->count(1, sample(200, "GET", 100ms + 1ns));
  web->count(1, sample(404, "POST", 9s));
  std::string scrape = metrics.scrape();
  CHECK(lines(scrape, "traefik_entrypoint_requests_total") ==
        "traefik_entrypoint_requests_total{code=\"200\",entrypoint=\"web\",method=\"GET\",protocol="
        "\"http\"} 3\n"
        "traefik_entrypoint_requests_total{code=\"404\",entrypoint=\"web\",method=\"POST\","
        "protocol=\"http\"} 1\n");
  std::string labels = "{code=\"200\",entrypoint=\"web\",method=\"GET\",protocol=\"http\"";
  std::string duration = "traefik_entrypoint_request_duration_seconds";
  CHECK(has(scrape, duration + "_bucket" + labels + ",le=\"0.1\"} 2"));
  CHECK(has(scrape, duration + "_bucket" + labels + ",le=\"0.3\"} 3"));
  CHECK(has(scrape, duration + "_bucket" + labels + ",le=\"+Inf\"} 3"));
  CHECK(has(scrape, duration + "_count" + labels + "} 3"));
  CHECK(has(scrape, "traefik_entrypoint_requests_bytes_total" + labels + "} 30"));
  CHECK(has(scrape, "traefik_entrypoint_responses_bytes_total" + labels + "} 300"));
  CHECK(has(scrape, "# TYPE traefik_entrypoint_requests_total counter"));
  CHECK(has(scrape, "# TYPE traefik_entrypoint_request_duration_seconds histogram"));
  // 9 s are in no bucket but the last.
  CHECK(has(
      scrape,
      duration +
          "_bucket{code=\"404\",entrypoint=\"web\",method=\"POST\",protocol=\"http\",le=\"5\"} 0"));
}

TEST_CASE("routers_and_services_have_traefiks_labels") {
  Metrics metrics(all_labels(), 1);
  auto router = metrics.router("app@docker", "app-svc@docker");
  auto service = metrics.service("app-svc@docker");
  Sample upgraded = sample(101, "GET", 1ms);
  upgraded.protocol = Protocol::websocket;
  upgraded.retries = 2;
  router->count(0, upgraded);
  service->count(0, upgraded);
  std::string scrape = metrics.scrape();
  CHECK(has(scrape,
            "traefik_router_requests_total{code=\"101\",method=\"GET\",protocol=\"websocket\","
            "router=\"app@docker\",service=\"app-svc@docker\"} 1"));
  CHECK(has(scrape,
            "traefik_service_requests_total{code=\"101\",method=\"GET\",protocol=\"websocket\","
            "service=\"app-svc@docker\"} 1"));
  CHECK(has(scrape, "traefik_service_retries_total{service=\"app-svc@docker\"} 2"));
}

TEST_CASE("requests_over_tls_are_counted_by_version_and_cipher") {
  Metrics metrics(all_labels(), 2);
  auto web = metrics.entry_point("web");
  Record record;
  record.status = 200;
  record.attempts = 3;
  web->count(0, sample_of(record, "GET", Protocol::http));
  record.tls_version = "1.3";
  record.tls_cipher = "TLS_AES_128_GCM_SHA256";
  Sample secure = sample_of(record, "GET", Protocol::http);
  CHECK(secure.retries == 2);
  web->count(0, secure);
  web->count(1, secure);
  CHECK(lines(metrics.scrape(), "traefik_entrypoint_requests_tls_total") ==
        "traefik_entrypoint_requests_tls_total{entrypoint=\"web\",tls_cipher=\"TLS_AES_128_GCM_"
        "SHA256\","
        "tls_version=\"1.3\"} 2\n");
}

TEST_CASE("the_process_is_measured_under_the_usual_names") {
  Metrics metrics(all_labels(), 1);
  std::string scrape = metrics.scrape();
  for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ",
                           "process_virtual_memory_bytes ", "process_open_fds ", "process_max_fds ",
                           "process_start_time_seconds "}) {
    std::string line = lines(scrape, name);
    REQUIRE_FALSE(line.empty());
    CHECK(std::stod(line.substr(std::string_view(name).size())) > 0);
  }
}

TEST_CASE("labels_that_are_switched_off_make_no_series") {
  MetricsSettings settings;
  settings.has_entry_point_labels = false;
  settings.has_service_labels = false;
  Metrics metrics(settings, 1);
  CHECK(metrics.entry_point("web") == nullptr);
  CHECK(metrics.router("r", "s") == nullptr);
  CHECK(metrics.service("s") == nullptr);
}

TEST_CASE("a_series_nobody_holds_disappears_after_one_scrape") {
  Metrics metrics(all_labels(), 1);
  auto service = metrics.service("old@docker");
  CHECK(metrics.service("old@docker") == service);
  service->count(0, sample(200, "GET", 1ms));
  service.reset();
  CHECK(lines(metrics.scrape(), "traefik_service_requests_total").find("old@docker") !=
        std::string::npos);
  CHECK(lines(metrics.scrape(), "traefik_service_requests_total").empty());
}

TEST_CASE("series_do_not_pile_up_when_nobody_scrapes") {
  Metrics metrics(all_labels(), 1);
  std::weak_ptr<const Series> first = metrics.service("svc0");
  for (int i = 1; i < 1100; ++i) (void)metrics.service("svc" + std::to_string(i));
  CHECK(first.expired());
}

TEST_CASE("a_client_cannot_make_series") {
  CHECK(method_label(method_number("BREW")) == "EXTENSION_METHOD");
  CHECK(method_label(method_number("get")) == "EXTENSION_METHOD");
  CHECK(method_label(method_number("DELETE")) == "DELETE");
  CHECK(code_label(code_number(200)) == 200);
  CHECK(code_label(code_number(599)) == 599);
  CHECK(code_label(code_number(477)) == 499);
  CHECK(code_label(code_number(250)) == 299);
  CHECK(code_label(code_number(0)) == 0);
  CHECK(code_label(code_number(65535)) == 0);
}

TEST_CASE("protocols_are_told_apart_by_header_fields") {
  CHECK(protocol_of("", "", "*/*") == Protocol::http);
  CHECK(protocol_of("WebSocket", "", "") == Protocol::websocket);
  CHECK(protocol_of("", "", "text/event-stream") == Protocol::sse);
  CHECK(protocol_of("", "application/grpc+proto", "") == Protocol::grpc);
  CHECK(protocol_of("", "application/grpc-web-text", "") == Protocol::grpc_web);
  CHECK(label(Protocol::grpc_web) == "grpc-web");
}

TEST_CASE("connections_refusals_reloads_and_providers_are_shown") {
  Metrics metrics(all_labels(), 2);
  metrics.worker(0).connection_opened(0);
  metrics.worker(0).connection_opened(0);
  metrics.worker(1).connection_closed(0);
  metrics.worker(1).refused(Code::no_router);
  metrics.worker(0).refused(Code::no_router);
  metrics.reloaded(7, std::chrono::system_clock::time_point(1700000000s));
  metrics.provider_connected("docker", false);
  metrics.add_source(Metric::service_server_up, [](const Metrics::Emit& emit) {
    emit({{"service", "app@docker"}, {"url", "http://10.0.0.2:80"}}, 1);
  });
  std::string scrape = metrics.scrape();
  CHECK(has(scrape, "traefik_open_connections{entrypoint=\"web\",protocol=\"TCP\"} 1"));
  CHECK(has(scrape, "traefik_open_connections{entrypoint=\"traefik\",protocol=\"TCP\"} 0"));
  CHECK(has(scrape, "fairlead_refused_requests_total{reason=\"no_router\"} 2"));
  CHECK(has(scrape, "traefik_config_reloads_total 1"));
  CHECK(has(scrape, "traefik_config_last_reload_success 1700000000"));
  CHECK(has(scrape, "fairlead_config_version 7"));
  CHECK(has(scrape, "fairlead_provider_connected{provider=\"docker\"} 0"));
  CHECK(has(scrape,
            "traefik_service_server_up{service=\"app@docker\",url=\"http://10.0.0.2:80\"} 1"));
}

TEST_CASE("buckets_are_sorted_and_unusable_ones_dropped") {
  MetricsSettings settings;
  settings.buckets = {1, 0.5, 1, std::numeric_limits<double>::infinity()};
  Metrics metrics(settings, 1);
  auto service = metrics.service("s");
  service->count(0, sample(200, "GET", 700ms));
  std::string buckets = lines(metrics.scrape(), "traefik_service_request_duration_seconds_bucket");
  CHECK(std::count(buckets.begin(), buckets.end(), '\n') == 3);
  CHECK(buckets.find("le=\"0.5\"} 0\n") < buckets.find("le=\"1\"} 1\n"));
}

TEST_CASE("a_scrape_while_workers_count_is_consistent") {
  Metrics metrics(all_labels(), 2);
  auto service = metrics.service("s");
  constexpr int kRequests = 20'000;
  std::vector<std::thread> workers;
  for (unsigned worker : {0u, 1u}) {
    workers.emplace_back([&service, worker] {
      for (int i = 0; i < kRequests; ++i) {
        service->count(worker, sample(static_cast<uint16_t>(200 + i % 5), "GET", 1ms));
      }
    });
  }
  for (int i = 0; i < 5; ++i) (void)metrics.scrape();
  for (auto& worker : workers) worker.join();
  uint64_t sum = 0;
  for (const auto& total : service->totals()) sum += total.requests;
  CHECK(sum == 2 * kRequests);
}

}  // namespace fairlead::observe
