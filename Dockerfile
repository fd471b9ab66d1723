# docker build -t tintype . && docker run --rm --network none --user "$(id -u):$(id -g)" -v "$PWD:/photos" tintype colorize /photos/scan.tif
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.12-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels tintype && rm -rf /wheels \
    && useradd --create-home tintype
USER tintype
WORKDIR /photos
ENTRYPOINT ["tintype"]
CMD ["--help"]
