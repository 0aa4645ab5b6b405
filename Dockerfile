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
# The command line under its own name, and the folder of journals and objects: a named volume that is
# mounted there takes over the owner.
RUN ln -s /forebay/packages/cli/dist/main.js /usr/local/bin/forebay \
  && chmod +x packages/cli/dist/main.js \
  && mkdir -p /data/journals /data/objects \
  && chown -R node:node /data
USER node
EXPOSE 8080 8081
CMD ["node", "packages/api/dist/main.js"]
