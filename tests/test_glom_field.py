"""The levels between the columns: plain interpolation until taught, then whatever picture and place
say there."""

import torch
import torch.nn.functional as F
from test_glom import glom_with, moving, pictures

from glom_video.structures import FINER


@torch.inference_mode()
def test_an_untaught_field_interpolates() -> None:
    glom = glom_with()
    state, report = glom.advance(glom.encode(pictures(1), moving(1, 0)), moving(1, 0), None)
    h, w = state.grid
    maps = state.levels[:, 2].transpose(1, 2).unflatten(2, (h, w))
    between = glom.between(state, report.evidence, "object")
    assert between.shape == (1, FINER * h * FINER * w, 16)
    expected = F.interpolate(maps, scale_factor=FINER, mode="bilinear").flatten(2).transpose(1, 2)
    torch.testing.assert_close(between, expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_field_that_is_switched_off_is_not_used() -> None:
    glom = glom_with(field=False)
    state, report = glom.advance(glom.encode(pictures(1), moving(1, 0)), moving(1, 0), None)
    before = glom.between(state, report.evidence, "part")
    glom.field.get_parameter("part.out.bias").data += 1
    assert torch.equal(glom.between(state, report.evidence, "part"), before)


def test_a_field_learns_where_between_the_columns_a_border_is() -> None:
    """Both sides of a border inside a column are told apart by their colour, which no interpolation
    of columns could do."""
    torch.manual_seed(0)
    glom = glom_with()
    image = torch.full((1, 3, 48, 72), 0.2)
    image[..., 33:] = 0.9  # the middle of a column
    with torch.no_grad():
        state, report = glom.advance(
            glom.encode(image, moving(1, 0, 0, 48, 72)), moving(1, 0, 0, 48, 72), None
        )
    truth = (torch.arange(72 // 3) >= 33 // 3).expand(16, -1).reshape(1, -1)
    target = F.one_hot(truth.long(), 16).float()
    optimiser = torch.optim.Adam(glom.field["object"].parameters(), lr=1e-2)
    for _ in range(150):
        loss = F.mse_loss(glom.between(state, report.evidence, "object"), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = glom.between(state, report.evidence, "object")[..., 1] > 0.5
    assert (found == truth).float().mean() > 0.97
