{#- Judgements that several marts make, each by one rule. -#}

{#- Whether customers are so many that what they do is no habit of a few.

    customer_count: a number of customers. -#}
{% macro has_enough_customers(customer_count) -%}
    {{ customer_count }} >= {{ var('favoured_by_customers') }}
{%- endmacro %}


{#- Whether a part is large enough to be named (see the var min_named_share).

    count: a whole number.
    total: what all parts add up to. -#}
{% macro is_large_part(count, total) -%}
    {{ count }} > 0
        and {{ count }} >= {{ share_var('min_named_share') }}
        * cast({{ total }} as decimal(18, 0))
{%- endmacro %}


{#- Whether a difference is more than chance brings (see favoured_by_standard_errors).

    difference: what is found less what is expected.
    standard_error: of what is found. -#}
{% macro is_beyond_chance(difference, standard_error) -%}
    {{ difference }} > {{ var('favoured_by_standard_errors') }} * {{ standard_error }}
{%- endmacro %}
