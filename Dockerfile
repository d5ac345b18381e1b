# The service with one model: docker build --build-arg MODEL=models/runs/demo -t eventcorpus .
#   docker run --read-only --tmpfs /tmp -e EVENTCORPUS_SERVE_KEY -p 127.0.0.1:9090:9090 eventcorpus
FROM python:3.11-slim

# the index that the PyTorch site names for "CPU": the image is several gigabytes smaller
ARG TORCH_INDEX=
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE constraints.txt ./
COPY src src
COPY corpus corpus
COPY training training
COPY eval eval
RUN if [ -n "$TORCH_INDEX" ]; then pip install --no-cache-dir -c constraints.txt --index-url "$TORCH_INDEX" torch; fi \
    && pip install --no-cache-dir -c constraints.txt '.[serve]' \
    && useradd --system --uid 10001 eventcorpus

ARG MODEL=models/runs/demo
COPY ${MODEL} /model
WORKDIR /
USER 10001
ENV HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
EXPOSE 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9090/health', timeout=2)"]
# exec form: SIGTERM reaches the service, which then answers what it has accepted
ENTRYPOINT ["eventcorpus", "serve", "/model", "--host", "0.0.0.0"]
