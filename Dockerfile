# A Braid worker. The client, with no keys, stays on the machine of the person; see docker-compose.yml.
FROM node:24-slim

# Agents look into the history of a workspace with git; models are reached by TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/braid
COPY . .
RUN npm ci --no-audit --no-fund \
    && mkdir -p /var/lib/braid \
    && chown node:node /var/lib/braid

# A workspace is mounted with the owner it has outside; git refuses to read it otherwise. It is mounted read-only.
RUN git config --system --add safe.directory '*'

ENV BRAID_HOME=/var/lib/braid
VOLUME /var/lib/braid
USER node
# Not through npx: the worker must be the process that gets SIGTERM.
ENTRYPOINT ["node", "/opt/braid/bin/braid.cjs"]
CMD ["worker"]
