"""What ffmpeg is asked for: filters that keep picture and sound in their places, and an encoder for each output."""

from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain import presets
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.domain.presets import OutputPlan, VideoPlan


@dataclass(frozen=True, slots=True)
class Stretch:
    """That only part of the source is wanted, from `start` (seconds) for as long as the plans say.

    With `captions`, those in the folder that ffmpeg works in (`CAPTIONS`) are written into the picture.
    """

    start: float
    captions: bool = False

    def early(self, media: MediaInfo) -> float:
        """Seconds by which reading begins before it: what has no index is entered anywhere, and the picture is there
        with the next key frame only.
        """
        return 0.0 if media.video is None or media.container in _INDEXED else min(self.start, _LONGEST_GROUP)


_INDEXED = frozenset({"mp4", "matroska"})
_LONGEST_GROUP = 30.0
"""Seconds from one key frame to the next that are to be expected, at most."""


CAPTIONS, FONTS = "captions.ass", "fonts"
"""In the folder that ffmpeg works in: filters would take apart what a path of somebody's own holds."""


def arguments(
    source: Path,
    media: MediaInfo,
    outputs: list[tuple[OutputPlan, Path]],
    changes: bool = False,
    cut: Stretch | None = None,
) -> list[str]:
    """Ffmpeg's arguments (without the program) that make all `outputs` of the file at `source` in one process.

    The source, which holds `media`, is decoded once; its picture and its sound are then split, one copy an
    encoder. Both keep their places on the recording's time line, which begins with whichever comes first. Of a sound
    that `changes` its form on its way, only one output can be made at a time.
    """
    pictures = [plan for plan, _ in outputs if plan.video]
    sounds = [plan for plan, _ in outputs if plan.audio]
    seen, heard = [], []  # graphs of their own: where a picture changes its size, its filters begin anew
    if pictures and media.video:
        split = "".join(f"[v{index}]" for index in range(len(pictures)))
        seen.append(f"[0:v:{media.video.number - 1}]{_common_picture(media.video)}split={len(pictures)}{split}")
    if sounds and media.audio:
        split = "".join(f"[a{index}]" for index in range(len(sounds)))
        track = "dec:0" if changes else f"0:a:{media.audio.number - 1}"
        heard.append(f"[{track}]{_IN_PLACE},{_fewer_channels(media.audio)}asplit={len(sounds)}{split}")
    written: list[str] = []
    seen_pictures = seen_sounds = 0
    for plan, path in outputs:
        options: list[str] = []
        if plan.video:
            seen.append(_picture_filter(plan, plan.video, media, f"v{seen_pictures}", cut))
            options += ["-map", f"[v{seen_pictures}out]", *_picture_codec(plan.video)]
            seen_pictures += 1
        if sound := plan.audio:
            heard.append(_sound_filter(plan, media, f"a{seen_sounds}", cut))
            options += ["-map", f"[a{seen_sounds}out]", "-c:a", _SOUND_CODECS[sound.codec]]
            options += ["-ar", str(sound.sample_rate), "-ac", str(sound.channels)]
            options += ["-b:a", f"{sound.bit_rate}k"] if sound.bit_rate else []
            seen_sounds += 1
        # Metadata may hold names and places that the owner never meant to pass on.
        options += ["-map_metadata", "-1", "-map_chapters", "-1"]
        options += ["-movflags", "+faststart"] if plan.preset.extension == "mp4" else []
        written += [*options, f"file:{path}"]
    # All is decoded from the key frame before, and what comes too early is let go: exact, and quick in a long source.
    seeking = ["-ss", f"{cut.start - cut.early(media):.3f}"] if cut else []
    reading = ["-protocol_whitelist", "file", *seeking, "-i", f"file:{source}"]
    if sounds and media.audio and changes:
        reading += _steady(media.audio)
    if media.video and not pictures:
        # Of broadcasts ffmpeg lets the time begin with the first of the streams that are used: the picture's is ours.
        reading += ["-map", f"0:v:{media.video.number - 1}", "-c:v", "copy", "-f", "null", "-"]
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:1", "-y"]
    filters = [part for graph in (seen, heard) if graph for part in ("-filter_complex", ";".join(graph))]
    return [*quiet, *reading, *filters, *written]


_SOUND_CODECS = {"aac": "aac", "mp3": "libmp3lame", "pcm_s16le": "pcm_s16le"}

_MOST_RATE = 48_000


def _steady(audio: AudioStream) -> list[str]:
    """Decode the sound to one form, whatever it changes to on its way, before it is filtered as `[dec:0]`.

    A broadcast goes from two channels to six and back. The filters begin anew there, and with them the time: silence is
    put before what is left. So the outcome of a first encoder is decoded again, and that is filtered
    (https://ffmpeg.org/ffmpeg.html#Loopback-decoders). With several outputs, one that waits for the end of the picture
    (GIF) and one that waits for the sound, ffmpeg 9.0 then waits for ever.
    """
    form = f"aformat=sample_fmts=flt:sample_rates={min(audio.sample_rate, _MOST_RATE)}"
    if audio.channels <= _STEREO or audio.heard is None:
        form += f":channel_layouts={'mono' if audio.channels == 1 else 'stereo'}"
    return ["-map", f"0:a:{audio.number - 1}", "-af", form, "-c:a", "pcm_f32le", "-f", "null", "-", "-dec", "0:0"]


_STEREO = 2
_SURROUND = 8
"""Channels of which ffmpeg knows where they stand, at most."""

_MOST_CHANNELS = 64
"""Channels that ffmpeg's filters have names for."""

_IN_PLACE = "aresample=async=1:first_pts=0:min_hard_comp=0.05:out_sample_fmt=s16"
"""Silence where there is no sound, before it or in it, from a twentieth of a second: WAV and MP3 have no times."""


def _fewer_channels(audio: AudioStream) -> str:
    """The filter that makes two channels of more where ffmpeg by itself would lose what is said, with a comma.

    It leaves out the low frequencies' channel, and does not know how to mix more than eight.
    """
    if audio.channels <= _STEREO or (audio.heard is None and audio.channels <= _SURROUND):
        return ""
    most = min(audio.channels, _MOST_CHANNELS)
    taken = [audio.heard - 1] if audio.heard and audio.heard <= most else range(most)
    mixed = "+".join(f"c{channel}" for channel in taken)
    return f"pan=stereo|c0<{mixed}|c1<{mixed},"  # "<": no louder than full scale


def _sound_filter(plan: OutputPlan, media: MediaInfo, label: str, cut: Stretch | None) -> str:
    chain = f"[{label}]atrim=end={plan.seconds + 1:.3f}"
    if cut:
        early = cut.early(media)
        chain = f"[{label}]atrim=start={early:.3f}:end={early + plan.seconds:.3f},asetpts=PTS-STARTPTS"
    audio = media.audio
    if plan.preset is presets.SPEECH and audio and audio.heard and audio.channels <= _STEREO and not audio.apart:
        chain += f",pan=mono|c0=c{audio.heard - 1}"
    return f"{chain}[{label}out]"


_FEWEST_PIXELS = 8
"""A side that the deinterlacer wants: four lines of colours, which may have half as many."""


def _common_picture(video: VideoStream) -> str:
    """What is done with the picture before it is scaled, for all outputs at once: chains of filters, each with a comma.

    Lines that were taken one half after the other are put together; what is transparent is black.
    """
    is_tiny = min(video.width, video.height) < _FEWEST_PIXELS
    deinterlaced = "" if is_tiny else "bwdif=mode=send_frame:deint=interlaced,"
    return deinterlaced + ("premultiply=inplace=1," if video.has_alpha else "")


_BRIGHT = 203
"""Candelas a square metre of white paper in a picture with a high dynamic range (ITU-R BT.2408, 2.1)."""

_CURVES = {"pq": "smpte2084", "hlg": "arib-std-b67"}


def _to_usual_colours(video: VideoStream | None) -> str:
    """The filters that bring a picture's light and colours to what every screen shows (ITU-R BT.709).

    What is up to as bright as a face stays as it is; only what is brighter is pressed together.
    """
    if video is None or not (video.curve or video.is_wide):
        return ""
    came = f"tin={_CURVES.get(video.curve, 'bt709')}:pin=bt2020:min=bt2020nc"
    target = "t=bt709:m=bt709:r=tv"
    if not video.curve:
        return f",zscale={came}:p=bt709:{target}"
    return (
        f",zscale={came}:t=linear:npl={_BRIGHT},format=gbrpf32le,zscale=p=bt709,"
        f"tonemap=mobius:param=0.6:desat=0,zscale={target}"
    )


def _picture_filter(
    plan: OutputPlan, video: VideoPlan, media: MediaInfo, label: str, cut: Stretch | None = None
) -> str:
    is_gif = video.codec == "gif"
    # The first picture is there from the start and the last one until the end: a film may be a single picture.
    chain = f"[{label}]fps={video.frame_rate:.6g}:start_time=0:eof_action=pass,tpad=stop=-1:stop_mode=clone,"
    early = cut.early(media) if cut else 0.0
    chain += f"trim=start={early:.3f}:end={early + plan.seconds:.3f}," + ("setpts=PTS-STARTPTS," if early else "")
    chain += f"scale={video.width}:{video.height}:flags={'area' if is_gif else 'bicubic'},setsar=1"
    chain += _to_usual_colours(media.video)
    if is_gif:
        return f"{chain},split[{label}p][{label}q];[{label}p]palettegen[{label}r];" + (
            f"[{label}q][{label}r]paletteuse=dither=bayer:diff_mode=rectangle[{label}out]"
        )
    written = f",ass=filename={CAPTIONS}:fontsdir={FONTS}" if cut and cut.captions else ""
    return f"{chain},format=yuv420p{written}[{label}out]"


def _picture_codec(video: VideoPlan) -> list[str]:
    if video.codec == "gif":
        return ["-c:v", "gif", "-loop", "0"]
    return [
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "23"),
        *("-maxrate", f"{video.bit_rate}k", "-bufsize", f"{2 * video.bit_rate}k"),
        *("-profile:v", video.profile, "-level", video.level),
        *("-g", str(video.keyframe_interval)),
    ]
