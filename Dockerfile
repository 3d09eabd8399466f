# pulsewatchd in an image of its own: docker build -t pulsewatch .
#
# It runs as an ordinary user and needs nothing writable: `docker run --read-only` works. Configured by the environment, or with a directory
# of properties mounted at /etc/pulsewatch; plugins are dropped into /usr/local/lib/pulsewatch/plugins.
ARG BASE=debian:bookworm-slim

# All of the image but the programs, which change more often.
FROM ${BASE} AS runtime
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libboost-stacktrace1.74.0 libmariadb3 libpocodatamysql80 \
    libpocofoundation80 libpocojson80 libpoconet80 libpoconetssl80 libpocoredis80 libpocoutil80 libprometheus-cpp-core1.0 libssl3 && \
    apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
RUN echo 'pulsewatch:x:10001:10001:pulsewatch:/var/lib/pulsewatch:/usr/sbin/nologin' >>/etc/passwd && \
    echo 'pulsewatch:x:10001:' >>/etc/group && \
    install -d /usr/local/lib/pulsewatch/plugins && \
    install -d -o 10001 -g 10001 -m 700 /var/lib/pulsewatch /run/pulsewatch
COPY etc/pulsewatch.properties etc/pulsewatch-dev.properties /etc/pulsewatch/
ENV PULSEWATCH_HTTP_ADDRESS=0.0.0.0
USER 10001:10001
# Mutes, and pulsewatchctl's socket: writable where the root file system is not.
VOLUME ["/var/lib/pulsewatch", "/run/pulsewatch"]
EXPOSE 8080
ENTRYPOINT ["/usr/bin/pulsewatchd"]
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 CMD ["/usr/bin/pulsewatchctl", "probe", "--container"]
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="pulsewatch" \
      org.opencontainers.image.description="A monitoring host whose checks are plugins" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="debian:bookworm-slim"

FROM ${BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ cmake ninja-build pkg-config libpoco-dev libssl-dev libboost-dev \
    libboost-stacktrace-dev prometheus-cpp-dev libmariadb-dev
WORKDIR /source
COPY . .
ARG JOBS=
RUN cmake -B build -G Ninja -D CMAKE_BUILD_TYPE=RelWithDebInfo -D PULSEWATCH_TESTS=OFF && \
    cmake --build build ${JOBS:+-j ${JOBS}} --target pulsewatchd pulsewatchctl plugins
# The names of functions stay: a crash is told with them.
RUN strip --strip-debug build/bin/* build/plugins/*.so && \
    install -D -t /image/usr/bin build/bin/pulsewatchd build/bin/pulsewatchctl && \
    install -D -m 644 -t /image/usr/lib/pulsewatch/plugins build/plugins/*.so

FROM runtime
COPY --from=build /image/ /
