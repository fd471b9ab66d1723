"""What a student learns from a teacher's answer (Hinton et al. 2015, arXiv:1503.02531)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def distribution_distillation(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Return the Kullback-Leibler divergence of logits (M, Q) from the teacher's, mean over M.

    Both are divided by the temperature; its square keeps the gradient's size (Hinton et al. 2015, section 2.1).
    """
    divergence = F.kl_div(
        F.log_softmax(student.float() / temperature, 1),
        F.log_softmax(teacher.float() / temperature, 1),
        log_target=True,
        reduction="batchmean",
    )
    return divergence * temperature**2
