# syntax=docker/dockerfile:1
# The service alone, on Bun, as a user that may do nothing: no npm, no compiler, no tests, no generators, no nats-server.
# It needs NATS_URL, and settings that say whose tokens are good (README.md, "Settings").

FROM node:22-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY clients/typescript/package.json clients/typescript/
# Bun is the next image's own.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/bun node_modules/@oven node_modules/.bin

FROM oven/bun:1.4.5-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY contract/vectors contract/vectors
COPY generated generated
COPY clients/typescript/package.json clients/typescript/
COPY clients/typescript/src clients/typescript/src
COPY src src
COPY deploy/alive.ts deploy/

ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 TASKWIRE_HOME=/tmp/taskwire TASKWIRE_LOG=json
USER bun
EXPOSE 8080
# SIGTERM sends watchers away within TASKWIRE_DRAIN_MS (5 s): give it longer than that before SIGKILL.
STOPSIGNAL SIGTERM
# Alive, not ready: a container that waits for its broker is not helped by being replaced. Proxies ask /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["bun", "deploy/alive.ts", "/healthz"]
ENTRYPOINT ["bun", "src/main.ts"]
