# Bulkhead in a container. The image holds everything: it runs without internet (docs/installation.md).
#   docker build -t bulkhead .                    the gateway (default)
#   docker build -t bulkhead-hald --target hald . the hardware helper, only for boxes with a TPM, token or watchdog
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates npm && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/bulkhead
COPY deploy/container deploy/container
RUN sh deploy/container/fetch_deno.sh /usr/bin
COPY deno.json deno.lock main.ts ./
COPY gateway gateway
COPY hal hal
COPY policies policies
COPY profiles profiles
ENV DENO_DIR=/opt/bulkhead/.deno
RUN sh deploy/container/fetch_packages.sh && find gateway hal policies profiles -name '*_test.ts*' -delete

FROM debian:12-slim AS runtime
RUN groupadd --gid 10001 bulkhead && groupadd --gid 10002 bulkhead-hald \
  && useradd --uid 10001 --gid bulkhead --home-dir /var/lib/bulkhead --create-home --shell /usr/sbin/nologin bulkhead \
  && useradd --uid 10002 --gid bulkhead --groups bulkhead-hald --home-dir /var/lib/bulkhead-hald --create-home --shell /usr/sbin/nologin bulkhead-hald
COPY --from=build /usr/bin/deno /usr/bin/deno
COPY --from=build /opt/bulkhead /opt/bulkhead
WORKDIR /opt/bulkhead
ENV DENO_DIR=/opt/bulkhead/.deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
STOPSIGNAL SIGTERM

FROM runtime AS hald
RUN apt-get update && apt-get install -y --no-install-recommends iproute2 tpm2-tools opensc && rm -rf /var/lib/apt/lists/*
USER 10002:10001
ENTRYPOINT ["/usr/bin/deno", "run", "--no-prompt", "--v8-flags=--max-semi-space-size=4", "--cached-only", "--frozen", "--no-remote", "--no-code-cache", "--allow-all", "hal/daemon.ts"]
CMD ["--socket", "/run/bulkhead/hal.sock", "--config", "/etc/bulkhead/hald.json"]

FROM runtime AS gateway
USER 10001:10001
VOLUME /var/lib/bulkhead
EXPOSE 8443 8444 8445 8446
ENTRYPOINT ["/usr/bin/deno", "run", "--no-prompt", "--cached-only", "--frozen", "--no-remote", "--no-code-cache", "--deny-run", "--deny-ffi", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys", "main.ts"]
CMD ["run", "--config", "/etc/bulkhead/site.yaml"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
  CMD ["/usr/bin/deno", "run", "--no-prompt", "--cached-only", "--frozen", "--no-remote", "--no-code-cache", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys", "main.ts", "status", "--config", "/etc/bulkhead/site.yaml"]
