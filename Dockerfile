# One image for every process; the command says which one runs.
FROM node:22-bookworm-slim AS build
WORKDIR /forebay
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/api/package.json packages/api/
COPY packages/cli/package.json packages/cli/
COPY packages/client/package.json packages/client/
COPY packages/shared/package.json packages/shared/
COPY packages/simulator/package.json packages/simulator/
COPY packages/worker/package.json packages/worker/
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile
COPY tsconfig.base.json ./
COPY packages packages
RUN node_modules/.bin/tsc --build packages/api packages/worker packages/simulator packages/cli
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile --prod

FROM node:22-bookworm-slim
WORKDIR /forebay
ENV NODE_ENV=production
COPY --from=build /forebay /forebay
COPY examples examples
# Journals and objects; a named volume mounted here takes over the owner.
RUN mkdir /data && chown node:node /data
USER node
