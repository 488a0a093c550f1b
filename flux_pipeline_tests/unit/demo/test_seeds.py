from flux_pipeline.demo._seeds import rng_for


def test_a_name_gives_the_same_stream_in_every_process():
    assert rng_for("sales", 0, "bistro-quai-nord").integers(1_000_000, size=3).tolist() == [857860, 78177, 590516]


def test_each_part_of_the_name_and_where_it_ends_counts():
    firsts = {int(rng_for(*name).integers(1 << 62)) for name in [("a", 1), ("a", 2), ("b", 1), ("a1",), ("a", 1, "x")]}
    assert len(firsts) == 5
