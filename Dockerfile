# The inbox gateway: one image for api, worker, ocr-worker and every command.
# Build stage: an environment with the locked, hashed dependencies and the gateway itself, no development tools.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

WORKDIR /build

# Without pip inside: the image that runs has nothing to install with.
RUN python -m venv --without-pip /opt/gateway

# Dependencies first: they change less often than the code. All of them come as wheels, so no compiler is needed.
COPY requirements.lock requirements-dev.lock ./
RUN pip --python /opt/gateway/bin/python install --only-binary :all: --require-hashes --requirement requirements.lock

# The build tool, by its own hashes out of the development lock; it stays in this stage.
RUN awk '/^[^ #]/ {keep = /^setuptools==/} keep' requirements-dev.lock > build.lock \
    && pip install --require-hashes --requirement build.lock

COPY pyproject.toml README.md LICENSE ./
COPY inbox inbox
COPY store store
COPY adapters adapters
COPY workflows workflows
COPY gateway gateway
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /build/wheel . \
    && pip --python /opt/gateway/bin/python install --no-deps --no-index /build/wheel/*.whl


FROM python:3.11-slim-bookworm

LABEL org.opencontainers.image.title="inbox-gateway" \
      org.opencontainers.image.licenses="EUPL-1.2"

# OCR for scans: Dutch beside the English and the orientation data that tesseract-ocr brings along, and a list of Dutch
# words that tells text from rubbish. And the fonts of letters on paper.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-nld wdutch fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

# A fixed number, so that volumes belong to the same user on every host.
RUN groupadd --gid 10001 gateway \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin gateway \
    # A new named volume takes over owner and mode of the folder that it is mounted on.
    && install --directory --owner gateway --group gateway --mode 0770 /data /data/bytes /data/forwarded

COPY --from=build /opt/gateway /opt/gateway
COPY deploy/worker_health.py /opt/gateway/worker_health.py

ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GATEWAY_SETTINGS=/etc/gateway/gateway.yaml \
    # One thread per page; several pages are read side by side instead.
    OMP_THREAD_LIMIT=1

WORKDIR /data
USER 10001:10001
EXPOSE 8090

# For the api. A worker has no port: docker-compose.yml gives it a check of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8090/v1/health/live', timeout=4)"]

ENTRYPOINT ["gateway"]
CMD ["--help"]
