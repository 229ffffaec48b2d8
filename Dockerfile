# One image for the api, the projector and the operators' command; bin/container-entrypoint says what it can be told.
# The Node of package-lock.json: what is tested is what runs.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
# No scripts: `prepare` would build before there are sources, and the npm package `node` would bring a second Node.
RUN npm ci --ignore-scripts
COPY .swcrc nest-cli.json tsconfig.json ./
COPY migrations migrations
COPY libs libs
COPY apps apps
RUN npm run build

# What is optional is the embedded Postgres, which only the one-process start needs.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force && ln -s /usr/local/bin/node node_modules/.bin/node

FROM base
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY --from=build /app/dist dist
# By number, so that an orchestrator can see that it is not root. Everything here is root's: the process changes nothing of it.
USER 1000:1000
EXPOSE 3000 3001
# No HEALTHCHECK: a migration has no port. Whoever runs the api or the projector asks /health/ready.
ENTRYPOINT ["/app/bin/container-entrypoint"]
CMD ["--help"]
