{#- Two products as one number, to group by. -#}
{% macro product_pair_key(product_id_a, product_id_b) -%}
    cast({{ product_id_a }} as bigint) * 4294967296 + {{ product_id_b }}
{%- endmacro %}


{#- The products that such a number stands for. -#}
{% macro product_id_a(key) -%}
    cast(floor({{ key }} / 4294967296) as integer)
{%- endmacro %}

{% macro product_id_b(key) -%}
    cast({{ key }} % 4294967296 as integer)
{%- endmacro %}


{#- How two things go together in orders.

    both, a, b, all_orders: the orders with both, with each of them, and all. -#}
{% macro pair_measures(both, a, b, all_orders) -%}
    {{ both }} as order_count,
    {{ ratio(both, all_orders) }} as support,
    {{ ratio(both, a) }} as confidence_a_to_b,
    {{ ratio(both, b) }} as confidence_b_to_a,
    {{ ratio('cast(' ~ both ~ ' as double) * ' ~ all_orders, a ~ ' * ' ~ b) }} as lift
{%- endmacro %}
