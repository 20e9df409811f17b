# The image. `docker build .` compiles inside; `make image` puts the binary of build/ into the same runtime in seconds.
# The stage of the ready binary comes first because the classic builder runs every stage before its target.

FROM debian:bookworm-slim AS base
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates libuv1 libssl3 libcurl4 libnghttp2-14 libre2-9 libyaml-cpp0.7 libprometheus-cpp-core1.0 \
      libbrotli1 libzstd1 zlib1g libcrypt1 \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/*/*
RUN echo 'fairlead:x:65532:65532:Fairlead:/var/lib/fairlead:/usr/sbin/nologin' >>/etc/passwd \
 && echo 'fairlead:x:65532:' >>/etc/group \
 && mkdir -p /etc/fairlead && install -d -o 65532 -g 65532 /var/lib/fairlead
ENV HOME=/var/lib/fairlead
COPY deploy/image/entrypoint /usr/local/bin/entrypoint
EXPOSE 80 443 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["entrypoint", "healthcheck"]
ENTRYPOINT ["entrypoint"]

# The glob is there for a tree without build/: then this stage has no binary, and nobody asked for it.
FROM base AS runtime-prebuilt
COPY LICENSE build/fairlead-imag[e] /usr/share/doc/fairlead/
RUN if [ -f /usr/share/doc/fairlead/fairlead-image ]; then \
      mv /usr/share/doc/fairlead/fairlead-image /usr/local/bin/fairlead && fairlead version; fi

FROM debian:bookworm-slim AS build
WORKDIR /fairlead
COPY scripts/deps.sh scripts/deps.sh
RUN scripts/deps.sh build && rm -rf /var/lib/apt/lists/*
COPY . .
RUN scripts/build.sh release fairlead && strip --strip-debug build/fairlead

FROM base AS runtime
COPY LICENSE /usr/share/doc/fairlead/
COPY --from=build /fairlead/build/fairlead /usr/local/bin/fairlead
