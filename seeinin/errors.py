"""What can go wrong, each a sentence for the person at the keyboard: which file, what is wrong, what to do."""


class SeeInInError(Exception):
    """A failure that the user can mend; the command line prints it alone and leaves with `exit_code`."""

    exit_code = 2


class ConfigError(SeeInInError):
    """The config cannot be read or means nothing."""


class SettingError(ConfigError):
    """A value that only the network or the machine can tell wrong; who knows the file puts its name before the key."""


class ModelError(SeeInInError):
    """The network cannot be loaded, does not fit its weights, or cannot be captured."""


class DataError(SeeInInError):
    """The images or labels cannot be read or do not fit together."""


class CacheError(SeeInInError):
    """The cache is missing, damaged, unfinished, or of a version that this program does not know."""


class Terminated(SystemExit):
    """SIGTERM: who does not catch it leaves with its exit code. A network's own sys.exit() is not this."""


class DisplayError(SeeInInError):
    """There is no display, or no OpenGL to draw with."""


class DiskError(SeeInInError):
    """The disk is full or failing; what was committed stays."""

    exit_code = 1


class SessionError(SeeInInError):
    """The session is missing, damaged, of another cache or of a newer version."""
