"""Asset checks: reports on stored rows, each named by the sentence that is true when it passes."""
